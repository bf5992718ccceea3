using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace KnDsl.Build.Tests;

/// <summary>Which native package a project refers to; evaluated only, since not every feed has every backend.</summary>
public sealed class BackendTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("kndsl-backend-");

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData("linux-x64", "cpu", "libtorch-cpu-linux-x64", "2.10.0")]
    [InlineData("win-x64", "cpu", "libtorch-cpu-win-x64", "2.10.0")]
    [InlineData("win-arm64", "cpu", "libtorch-cpu-win-arm64", "2.10.0")]
    [InlineData("osx-arm64", "cpu", "libtorch-cpu-osx-arm64", "2.10.0")]
    [InlineData("linux-x64", "cuda", "TorchSharp-cuda-linux", "0.107.0")]
    [InlineData("win-x64", "cuda", "TorchSharp-cuda-windows", "0.107.0")]
    public async Task A_project_with_versions_of_its_own(string system, string backend, string package, string version)
    {
        var references = await References(
            Project(central: false), "PackageReference", $"-p:TorchBackend={backend}", $"-p:RuntimeIdentifier={system}");
        Assert.Equal(version, references[package]);
        Assert.Single(references.Keys, IsNative);
    }

    [Fact]
    public async Task The_default_is_the_cpu()
    {
        var expected = OperatingSystem.IsWindows() ? "libtorch-cpu-win-x64"
            : OperatingSystem.IsMacOS() ? "libtorch-cpu-osx-arm64" : "libtorch-cpu-linux-x64";
        Assert.Equal([expected], (await References(Project(central: false), "PackageReference")).Keys.Where(IsNative));
    }

    [Theory]
    [InlineData("linux-arm64")]
    [InlineData("linux-musl-x64")]
    public async Task A_system_without_a_library_gets_none_of_another(string system)
        => Assert.DoesNotContain(
            (await References(Project(central: false), "PackageReference", $"-p:RuntimeIdentifier={system}")).Keys, IsNative);

    [Fact]
    public async Task A_library_may_have_none()
        => Assert.DoesNotContain((await References(Project(central: false), "PackageReference", "-p:TorchBackend=none")).Keys, IsNative);

    [Fact]
    public async Task Central_versions_are_completed_and_obeyed()
    {
        var project = Project(central: true);
        string[] cuda = ["-p:TorchBackend=cuda", "-p:RuntimeIdentifier=linux-x64"];
        // NuGet asks the project for versions as long as there is no central file, whatever the property says.
        Assert.Equal("0.107.0", (await References(project, "PackageReference", cuda))["TorchSharp-cuda-linux"]);

        CentralVersions("");
        Assert.Equal("", (await References(project, "PackageReference", cuda))["TorchSharp-cuda-linux"]);
        Assert.Equal("0.107.0", (await References(project, "PackageVersion", cuda))["TorchSharp-cuda-linux"]);

        CentralVersions("<PackageVersion Include=\"TorchSharp-cuda-linux\" Version=\"0.108.0\" />");
        Assert.Equal("0.108.0", (await References(project, "PackageVersion", cuda))["TorchSharp-cuda-linux"]);

        void CentralVersions(string items) => File.WriteAllText(
            Path.Combine(folder.FullName, "Directory.Packages.props"), $"<Project><ItemGroup>{items}</ItemGroup></Project>");
    }

    [Theory]
    [InlineData("Samples/FashionMnist/FashionMnist.csproj")]
    [InlineData("tests/KnDsl.Build.Tests/KnDsl.Build.Tests.csproj")]
    public async Task The_repositorys_own_projects_choose_the_same_way(string path)
    {
        var project = Path.Combine(Repository.Root, path);
        var references = await References(
            project, "PackageReference", "-p:TorchBackend=cuda", "-p:RuntimeIdentifier=linux-x64");
        Assert.Equal(["TorchSharp-cuda-linux"], references.Keys.Where(IsNative));
    }

    private static bool IsNative(string package)
        => package.StartsWith("libtorch-", StringComparison.Ordinal) || package.StartsWith("TorchSharp-", StringComparison.Ordinal);

    private string Project(bool central)
    {
        var path = Path.Combine(folder.FullName, "Consumer.csproj");
        File.WriteAllText(path, $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <ManagePackageVersionsCentrally>{(central ? "true" : "false")}</ManagePackageVersionsCentrally>
              </PropertyGroup>
              <Import Project="{Path.Combine(Repository.Root, "Generator", "Packaging", "KnDsl.Torch.targets")}" />
            </Project>
            """);
        return path;
    }

    private static async Task<Dictionary<string, string>> References(string project, string item, params string[] properties)
    {
        var output = await Dotnet.Succeed(
            Path.GetDirectoryName(project)!, ["msbuild", project, $"-getItem:{item}", .. properties]);
        using var json = JsonDocument.Parse(output);
        return json.RootElement.GetProperty("Items").GetProperty(item).EnumerateArray().ToDictionary(
            i => i.GetProperty("Identity").GetString()!,
            i => i.TryGetProperty("Version", out var version) ? version.GetString()! : "");
    }
}
