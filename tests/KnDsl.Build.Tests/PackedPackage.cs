using System;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Xunit;

namespace KnDsl.Build.Tests;

/// <summary>Tests that share one package.</summary>
[CollectionDefinition(nameof(PackedPackage))]
public sealed class PackedPackageTests : ICollectionFixture<PackedPackage>;

/// <summary>Packs all packages into a folder of their own, and makes projects there that know nothing of this repository.</summary>
public sealed class PackedPackage : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("kndsl-package-");

    /// <summary>A version of its own: NuGet never looks again at a version that it has unpacked once.</summary>
    public string Version { get; } = $"0.0.1-test.{DateTime.UtcNow.Ticks}";

    public string File => In("feed", $"KnDsl.{Version}.nupkg");

    public string TrainingFile => In("feed", $"KnDsl.Training.{Version}.nupkg");

    public string VisionFile => In("feed", $"KnDsl.Vision.{Version}.nupkg");

    /// <summary>The files of a package whose paths begin with one of some letters: NuGet has others of its own.</summary>
    public static string[] FilesOf(string package, string letters)
    {
        using var content = ZipFile.OpenRead(package);
        return [.. content.Entries.Select(entry => entry.FullName).Where(name => letters.Contains(name[0])).Order(StringComparer.Ordinal)];
    }

    public async Task InitializeAsync()
    {
        // All parts are built with this project; building them here could meet another project's build half way.
        string[] projects =
        [
            "Generator/KnDsl.Generator.csproj", "Runtime/Training/KnDsl.Training.csproj", "Runtime/Vision/KnDsl.Vision.csproj",
        ];
        foreach (var project in projects)
        {
            await Dotnet.Succeed(
                Repository.Root, "pack", project, "--no-build", "-c", Configuration, "-o", In("feed"), $"-p:PackageVersion={Version}");
        }
        // The machine's own feeds and cache serve everything but KnDsl, which is unpacked into this folder.
        System.IO.File.WriteAllText(In("nuget.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{In("packages")}" /></config>
              <fallbackPackageFolders><add key="cache" value="{Metadata("PackageCache")}" /></fallbackPackageFolders>
              <packageSources><add key="packed" value="{In("feed")}" /></packageSources>
            </configuration>
            """);
    }

    public Task DisposeAsync()
    {
        folder.Delete(recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>Makes a program of the README's example.</summary>
    /// <param name="name">Its folder's name.</param>
    /// <param name="sdk">Further SDKs of the project.</param>
    /// <param name="references">Its package references.</param>
    /// <param name="settings">Further properties.</param>
    /// <param name="extension">The extension of a project of another language than C#.</param>
    /// <returns>Its folder.</returns>
    public string Consumer(string name, string sdk = "", string references = "", string settings = "", string extension = "csproj")
    {
        Directory.CreateDirectory(In(name));
        System.IO.File.WriteAllText(In(name, $"Consumer.{extension}"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              {sdk}
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                {settings}
                <Nullable>enable</Nullable>
                <CreateHardLinksForCopyLocalIfPossible>true</CreateHardLinksForCopyLocalIfPossible>
                <CreateHardLinksForPublishFilesIfPossible>true</CreateHardLinksForPublishFilesIfPossible>
              </PropertyGroup>
              <ItemGroup>
                {references}
              </ItemGroup>
            </Project>
            """);
        System.IO.File.WriteAllText(In(name, "Small.knnet"), FromReadme("knnet"));
        System.IO.File.WriteAllText(In(name, "Program.cs"), $$"""
            using Consumer;
            using KnDsl;
            using TorchSharp;
            {{FromReadme("csharp")}}
            System.Console.WriteLine($"scores {string.Join(" x ", scores.shape)}");
            """);
        return In(name);
    }

    /// <summary>The line that names the package as an SDK.</summary>
    public string SdkLine => $"<Sdk Name=\"KnDsl\" Version=\"{Version}\" />";

    /// <summary>The line that refers to the package for training.</summary>
    public string TrainingReference => $"<PackageReference Include=\"KnDsl.Training\" Version=\"{Version}\" />";

    /// <summary>The line that refers to the package for vision.</summary>
    public string VisionReference => $"<PackageReference Include=\"KnDsl.Vision\" Version=\"{Version}\" />";

    /// <summary>An empty folder for a project.</summary>
    public string Folder(string name) => Directory.CreateDirectory(In(name)).FullName;

    /// <summary>References to the package and to the native library of this system.</summary>
    public string PlainReferences()
    {
        var native = OperatingSystem.IsWindows() ? "libtorch-cpu-win-x64"
            : OperatingSystem.IsMacOS() ? "libtorch-cpu-osx-arm64" : "libtorch-cpu-linux-x64";
        return $"""
            <PackageReference Include="KnDsl" Version="{Version}" />
            <PackageReference Include="{native}" Version="2.10.0" />
            """;
    }

    private static string FromReadme(string language) => FromPage("README.md", language);

    /// <summary>The first example of a language on a page, which is the one that the page begins with.</summary>
    public static string FromPage(string page, string language)
    {
        var text = System.IO.File.ReadAllText(Path.Combine(Repository.Root, page)).ReplaceLineEndings("\n");
        return Regex.Match(text, $"```{language}\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
    }

    private static string Configuration => typeof(PackedPackage).Assembly
        .GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    private static string Metadata(string key) => typeof(PackedPackage).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;

    private string In(params string[] parts) => Path.Combine([folder.FullName, .. parts]);
}
