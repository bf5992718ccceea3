using System;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace KnDsl.Build.Tests;

/// <summary>What the package does for whoever takes it.</summary>
public sealed class PackageTests(PackedPackage package) : IClassFixture<PackedPackage>
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
    public async Task Serves_a_project_that_names_it_as_its_sdk()
    {
        var project = package.Consumer("sdk", sdk: $"<Sdk Name=\"KnDsl\" Version=\"{package.Version}\" />");
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
        var project = package.Consumer("bare", references: $"<PackageReference Include=\"KnDsl\" Version=\"{package.Version}\" />");
        Assert.Contains(
            "warning KNB001: This program has no native Torch library",
            await Dotnet.Succeed(project, "msbuild", "-restore", "-t:ResolvePackageAssets"),
            StringComparison.Ordinal);

        var (code, output) = await Dotnet.Run(project, "msbuild", "-t:ResolvePackageAssets", "-p:KnDslNativeRepair=perhaps");
        Assert.NotEqual(0, code);
        Assert.Contains("KnDslNativeRepair is 'perhaps': expected 'auto' (the default), 'always' or 'never'.", output,
            StringComparison.Ordinal);
    }
}
