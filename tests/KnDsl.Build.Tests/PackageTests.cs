using System;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Xunit;

namespace KnDsl.Build.Tests;

/// <summary>What the package does for whoever takes it.</summary>
[Collection(nameof(PackedPackage))]
public sealed class PackageTests(PackedPackage package)
{
    private const string Output = "scores 8 x 10";

    [Fact]
    public async Task Holds_the_generator_with_its_dependencies_and_the_runtime()
    {
        using var content = ZipFile.OpenRead(package.File);
        Assert.Equal(["KnDsl.Generator.dll", "KnDsl.Language.dll", "Sprache.dll"], Below("analyzers/dotnet/cs/"));
        Assert.Equal(["KnDsl.Runtime.dll", "KnDsl.Runtime.xml"], Below("lib/net10.0/"));
        Assert.Equal(["KnDsl-LICENSE", "Sprache.LICENSE.txt"], Below("licenses/"));
        using var nuspec = new StreamReader(content.GetEntry("KnDsl.nuspec")!.Open());
        Assert.Contains("<dependency id=\"TorchSharp\" version=\"0.107.0\"", await nuspec.ReadToEndAsync(), StringComparison.Ordinal);

        string[] Below(string folder) => [.. content.Entries.Select(e => e.FullName)
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal)).Select(name => name[folder.Length..])
            .Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task Serves_a_project_that_references_it()
    {
        var project = package.Consumer("plain", references: package.PlainReferences());
        Assert.Contains(Output, await Dotnet.Succeed(project, "run", "-c", "Release"), StringComparison.Ordinal);

        await Dotnet.Succeed(project, "publish", "-c", "Release", "--no-build", "-o", Path.Combine(project, "published"));
        Assert.Contains(
            Output, await Dotnet.Succeed(project, Path.Combine(project, "published", "Consumer.dll")), StringComparison.Ordinal);

        // What the generator finds wrong stops a build of theirs, too, at its place in the file.
        File.WriteAllText(
            Path.Combine(project, "Wrong.knnet"),
            "network Wrong()\n{\n    input x[N, 3, h, w]\n    y = x -> convv(8, 3)\n    output y\n}\n");
        var (code, output) = await Dotnet.Run(project, "build", "-c", "Release", "--no-restore");
        Assert.NotEqual(0, code);
        Assert.Matches(@"Wrong\.knnet\(4,\d+\): error KN\d{4}: .*convv", output);
    }

    [Fact]
    public async Task Serves_a_project_that_names_it_as_its_sdk_in_a_folder_of_any_name()
    {
        var project = package.Consumer(
            "it's 100% #1 $(x);(a) @b \u00fc \u6f22", sdk: package.SdkLine, settings: "<KnDslNativeRepair>always</KnDslNativeRepair>");
        Assert.Contains(Output, await Dotnet.Succeed(project, "run", "-c", "Release"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("always", "", "runtimes/linux-x64/native/libLibTorchSharp.so", true)]
    [InlineData("never", "", "runtimes/linux-x64/native/libLibTorchSharp.so", false)]
    [InlineData("always", "linux-x64", "libLibTorchSharp.so", true)]
    public async Task Publishes_the_repaired_library_in_its_place(string repair, string system, string place, bool repaired)
    {
        var project = package.Consumer($"layout-{repair}-{system}", references: package.PlainReferences());
        string[] target = system.Length > 0 ? [$"-p:RuntimeIdentifier={system}"] : [];
        var output = await Dotnet.Succeed(
            project,
            ["msbuild", "-restore", "-t:ComputeResolvedFilesToPublishList", "-getItem:ResolvedFileToPublish",
                $"-p:KnDslNativeRepair={repair}", .. target]);
        using var json = JsonDocument.Parse(output);
        var library = Assert.Single(
            json.RootElement.GetProperty("Items").GetProperty("ResolvedFileToPublish").EnumerateArray(),
            item => Path.GetFileName(item.GetProperty("FullPath").GetString()) == "libLibTorchSharp.so");

        Assert.Equal(place, library.GetProperty("RelativePath").GetString()!.Replace('\\', '/'));
        var path = library.GetProperty("FullPath").GetString()!;
        Assert.Equal(repaired, path.StartsWith(project, StringComparison.Ordinal));
        Assert.Equal(
            repaired ? Weakening.AlreadyWeak : Weakening.Done,
            ElfImage.Parse(File.ReadAllBytes(path)).Weaken("libstdc++.so.6", ElfBuilder.Wanted));
    }

    [Fact]
    public async Task Says_that_a_program_has_no_native_library_and_that_a_setting_is_unknown()
    {
        var bare = package.Consumer("bare", references: $"<PackageReference Include=\"KnDsl\" Version=\"{package.Version}\" />");
        Assert.Contains(
            "warning KNB001: This program has no native Torch library.",
            await Dotnet.Succeed(bare, "msbuild", "-restore", "-t:ResolvePackageAssets"),
            StringComparison.Ordinal);

        // The library of another system is none.
        var other = OperatingSystem.IsWindows() ? "linux-x64" : "win-x64";
        var foreign = package.Consumer("foreign", references: package.PlainReferences(), settings: "<UseAppHost>false</UseAppHost>");
        Assert.Contains(
            $"warning KNB001: This program has no native Torch library for {other}.",
            await Dotnet.Succeed(foreign, "msbuild", "-restore", "-t:ResolvePackageAssets", $"-p:RuntimeIdentifier={other}"),
            StringComparison.Ordinal);

        await Fails(
            ["msbuild", "-t:ResolvePackageAssets", "-p:KnDslNativeRepair=perhaps"], bare, "KNB003",
            "KnDslNativeRepair is 'perhaps': expected 'auto' (the default), 'always' or 'never'.");
    }

    [Fact]
    public async Task Says_that_TorchSharp_has_another_version()
    {
        var feed = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(package.File)!, "other")).FullName;
        using (var other = ZipFile.Open(Path.Combine(feed, "TorchSharp.0.999.0.nupkg"), ZipArchiveMode.Create))
        {
            using (var nuspec = new StreamWriter(other.CreateEntry("TorchSharp.nuspec").Open()))
            {
                nuspec.Write("""
                    <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata>
                      <id>TorchSharp</id><version>0.999.0</version><authors>nobody</authors><description>None.</description>
                    </metadata></package>
                    """);
            }
            other.CreateEntry("lib/net8.0/TorchSharp.dll").Open().Dispose();
        }
        var project = package.Consumer(
            "newer", references: package.PlainReferences() + "<PackageReference Include=\"TorchSharp\" Version=\"0.999.0\" />",
            settings: $"<RestoreAdditionalProjectSources>{feed}</RestoreAdditionalProjectSources>");
        Assert.Contains(
            "warning KNB011: This project has TorchSharp 0.999.0: KnDsl was tested with 0.107.0",
            await Dotnet.Succeed(project, "msbuild", "-restore", "-t:ResolvePackageAssets"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_project_that_cannot_work_has_one_error()
    {
        string[] build = ["build", "-c", "Release"];
        // As an SDK the package is there before the restore, as a package after it.
        await Fails(
            build, package.Consumer("net8", sdk: package.SdkLine, settings: "<TargetFrameworks>net8.0;net10.0</TargetFrameworks>"),
            "KNB004", "This project targets net8.0: KnDsl needs net10.0 or later.");
        await Fails(
            build, package.Consumer("csharp11", references: package.PlainReferences(), settings: "<LangVersion>11</LangVersion>"),
            "KNB006", "The language version (LangVersion) of this project is C# 11");
        await Fails(
            build, package.Consumer("basic", sdk: package.SdkLine, extension: "vbproj"),
            "KNB005", "This project's language is VB, and only C# projects can have .knnet files (Small.knnet).");
        await Fails(
            build, package.Consumer(
                "without", references: $"<PackageReference Include=\"KnDsl\" Version=\"{package.Version}\" ExcludeAssets=\"compile\" />",
                settings: "<TorchBackend>none</TorchBackend>"),
            "KNB013", "This project refers to KnDsl without its library");
        await Fails(
            ["publish", "-c", "Release", "-r", "linux-arm64"], package.Consumer("arm", sdk: package.SdkLine),
            "KNB008", "Torch has no native library for linux-arm64");
    }

    [Fact]
    public async Task Is_named_once_and_beside_an_SDK_that_builds()
    {
        var alone = package.Consumer("alone");
        File.WriteAllText(Path.Combine(alone, "Consumer.csproj"), $"<Project Sdk=\"KnDsl/{package.Version}\" />");
        await Fails(["build"], alone, "KNB010", "Name the .NET SDK first");

        var twice = package.Consumer("twice", sdk: package.SdkLine, references: package.PlainReferences());
        var references = await Dotnet.Succeed(twice, "msbuild", "-getItem:PackageReference");
        using var json = JsonDocument.Parse(references);
        Assert.Single(
            json.RootElement.GetProperty("Items").GetProperty("PackageReference").EnumerateArray(),
            item => item.GetProperty("Identity").GetString() == "KnDsl");

        var two = package.Consumer(
            "two", sdk: package.SdkLine, references: "<PackageReference Include=\"KnDsl\" Version=\"0.0.0\" />");
        await Fails(["build"], two, "KNB012", $"This project names KnDsl {package.Version} as an SDK and 0.0.0 as a package.");
    }

    /// <summary>A command fails, and there is one error.</summary>
    private static async Task Fails(string[] command, string project, string code, string message)
    {
        var (exitCode, output) = await Dotnet.Run(project, command);
        Assert.NotEqual(0, exitCode);
        var errors = Regex.Matches(output, @"error (\w+): ([^\r\n]*)").DistinctBy(error => error.Value).ToArray();
        Assert.True(errors.Length == 1, output);
        Assert.Equal(code, errors[0].Groups[1].Value);
        Assert.Contains(message, errors[0].Groups[2].Value, StringComparison.Ordinal);
    }
}
