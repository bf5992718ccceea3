using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Xunit;

namespace KnDsl.Build.Tests;

/// <summary>A test that compiles a program to native code, where the SDK's compiler can be restored and there is a linker for it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NativeCodeFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Missing = new(FindMissing);

    public NativeCodeFactAttribute()
    {
        Skip = Missing.Value;
    }

    /// <summary>The system that native code is compiled for: this one.</summary>
    public static string RuntimeIdentifier =>
        (OperatingSystem.IsWindows() ? "win-" : OperatingSystem.IsMacOS() ? "osx-" : "linux-")
            + RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant();

    private static string? FindMissing()
    {
        if (!OperatingSystem.IsWindows() && !new[] { "clang", "gcc" }.Any(IsOnPath))
            return "Compiling to native code takes clang or gcc, and neither is on PATH.";
        var folder = Directory.CreateTempSubdirectory("kndsl-native-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "Empty.csproj"), $"""
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup>
                    <TargetFramework>net10.0</TargetFramework>
                    <PublishAot>true</PublishAot>
                    <RuntimeIdentifier>{RuntimeIdentifier}</RuntimeIdentifier>
                  </PropertyGroup>
                </Project>
                """);
            var (code, output) = Dotnet.Run(folder.FullName, "restore").GetAwaiter().GetResult();
            return code == 0 ? null : "The compiler to native code cannot be restored: "
                + output.Split('\n').FirstOrDefault(line => line.Contains("error", StringComparison.Ordinal), output).Trim();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static bool IsOnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, program)));
}
