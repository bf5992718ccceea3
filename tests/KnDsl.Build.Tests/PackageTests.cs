using System;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Xunit;

namespace KnDsl.Build.Tests;

/// <summary>Packs KnDsl and uses the package from projects that know nothing of this repository.</summary>
public sealed class PackageTests : IAsyncLifetime
{
    // A version of its own: NuGet never looks again at a version that it has unpacked once.
    private readonly string version = $"0.0.1-test.{DateTime.UtcNow.Ticks}";
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("kndsl-package-");

    public async Task InitializeAsync()
    {
        // Both parts are built with this project; building them here could meet another project's build half way.
        await Dotnet.Succeed(
            Dotnet.Root, "pack", "Generator/KnDsl.Generator.csproj", "--no-build", "-c", Configuration, "-o", In("feed"), $"-p:PackageVersion={version}");
        // The machine's own feeds and cache serve everything but KnDsl, which is unpacked into the test's folder.
        File.WriteAllText(In("nuget.config"), $"""
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

    [Fact]
    public async Task Serves_projects_that_reference_it_and_projects_that_name_it_as_their_sdk()
    {
        using (ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(In("feed"), "*.nupkg").Single()))
        {
            string[] files = package.Entries.Select(e => e.FullName).ToArray();
            Assert.Equal(
                ["KnDsl.Dsl.dll", "KnDsl.Generator.dll", "Sprache.dll"],
                files.Where(f => f.StartsWith("analyzers/dotnet/cs/", StringComparison.Ordinal)).Select(f => Path.GetFileName(f)).Order());
            Assert.Equal(
                ["KnDsl.Runtime.dll", "KnDsl.Runtime.xml"],
                files.Where(f => f.StartsWith("lib/net10.0/", StringComparison.Ordinal)).Select(f => Path.GetFileName(f)).Order());
            using var nuspec = new StreamReader(package.GetEntry("KnDsl.nuspec")!.Open());
            Assert.Contains("<dependency id=\"TorchSharp\" version=\"0.107.0\"", await nuspec.ReadToEndAsync(), StringComparison.Ordinal);
        }

        string native = OperatingSystem.IsWindows() ? "libtorch-cpu-win-x64"
            : OperatingSystem.IsMacOS() ? "libtorch-cpu-osx-arm64" : "libtorch-cpu-linux-x64";
        await Runs("plain", "", $"""
            <PackageReference Include="KnDsl" Version="{version}" />
            <PackageReference Include="{native}" Version="2.10.0" />
            """);
        await Publishes("plain");
        await StopsAtMistakes("plain");

        await Runs("sdk", $"<Sdk Name=\"KnDsl\" Version=\"{version}\" />", "");
    }

    private async Task Runs(string name, string sdk, string references)
    {
        Directory.CreateDirectory(In(name));
        File.WriteAllText(In(name, "Consumer.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              {sdk}
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <CreateHardLinksForCopyLocalIfPossible>true</CreateHardLinksForCopyLocalIfPossible>
                <CreateHardLinksForPublishFilesIfPossible>true</CreateHardLinksForPublishFilesIfPossible>
              </PropertyGroup>
              <ItemGroup>
                {references}
              </ItemGroup>
            </Project>
            """);
        // The README's own example, so that it stays true.
        File.WriteAllText(In(name, "Small.knnet"), FromReadme("knnet"));
        File.WriteAllText(In(name, "Program.cs"), $$"""
            using Consumer;
            using KnDsl;
            using TorchSharp;
            {{FromReadme("csharp")}}
            System.Console.WriteLine($"scores {string.Join(" x ", scores.shape)}");
            """);
        Assert.Contains("scores 8 x 10", await Dotnet.Succeed(In(name), "run", "-c", "Release"), StringComparison.Ordinal);
    }

    private async Task Publishes(string name)
    {
        await Dotnet.Succeed(In(name), "publish", "-c", "Release", "--no-build", "-o", In(name, "published"));
        Assert.Contains("scores 8 x 10", await Dotnet.Succeed(In(name), In(name, "published", "Consumer.dll")), StringComparison.Ordinal);
    }

    private async Task StopsAtMistakes(string name)
    {
        File.WriteAllText(In(name, "Wrong.knnet"), "network Wrong()\n{\n    input x[N, 3, h, w]\n    y = x -> convv(8, 3)\n    output y\n}\n");
        (int code, string output) = await Dotnet.Run(In(name), "build", "-c", "Release", "--no-restore");
        Assert.NotEqual(0, code);
        Assert.Matches(@"Wrong\.knnet\(4,\d+\): error KN\d{4}: .*convv", output);
    }

    private static string FromReadme(string language)
    {
        string text = File.ReadAllText(Path.Combine(Dotnet.Root, "README.md")).ReplaceLineEndings("\n");
        return Assert.Single(Regex.Matches(text, $"```{language}\n(.*?)```", RegexOptions.Singleline)).Groups[1].Value;
    }

    private static string Configuration => typeof(PackageTests).Assembly
        .GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    private static string Metadata(string key) => typeof(PackageTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;

    private string In(params string[] parts) => Path.Combine([folder.FullName, .. parts]);
}
