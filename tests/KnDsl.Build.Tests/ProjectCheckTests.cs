using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Xunit;

namespace KnDsl.Build.Tests;

/// <summary>Which settings of a project are refused, and under which code; all projects are evaluated by one command.</summary>
public sealed class ProjectCheckTests(ProjectCheckTests.Projects projects) : IClassFixture<ProjectCheckTests.Projects>
{
    private const string Program = "<OutputType>Exe</OutputType>";

    /// <summary>Projects with a .knnet file: the language, the settings, and the code of the one error.</summary>
    private static readonly (string Name, string Language, string Settings, string Code)[] Cases =
    [
        ("net8", "cs", "<TargetFramework>net8.0</TargetFramework>", "KNB004"),
        ("netcoreapp", "cs", "<TargetFramework>netcoreapp3.1</TargetFramework>", "KNB004"),
        ("netstandard", "cs", "<TargetFramework>netstandard2.1</TargetFramework>", "KNB004"),
        ("net48", "cs", "<TargetFramework>net48</TargetFramework>", "KNB004"),
        ("net8-net10", "cs", "<TargetFrameworks>net8.0;net10.0</TargetFrameworks>", ""),
        ("net10", "cs", "", ""),
        ("net10-windows", "cs", "<TargetFramework>net10.0-windows</TargetFramework>", ""),
        ("everything-old", "vb", $"{Program}<TargetFramework>net8.0</TargetFramework><TorchBackend>rocm</TorchBackend>", "KNB004"),
        ("fsharp", "fs", "", "KNB005"),
        ("vb", "vb", "", "KNB005"),
        ("fsharp-without-files", "fs", "<EnableDefaultKnnetItems>false</EnableDefaultKnnetItems>", ""),
        ("vb-without-items", "vb", "<EnableDefaultItems>false</EnableDefaultItems>", ""),
        ("csharp-11", "cs", "<LangVersion>11</LangVersion>", "KNB006"),
        ("csharp-11-0", "cs", "<LangVersion>11.0</LangVersion>", "KNB006"),
        ("csharp-7-3", "cs", "<LangVersion>7.3</LangVersion>", "KNB006"),
        ("csharp-iso", "cs", "<LangVersion>ISO-2</LangVersion>", "KNB006"),
        ("csharp-11-without-files", "cs",
            "<LangVersion>11</LangVersion><EnableDefaultKnnetItems>false</EnableDefaultKnnetItems>", ""),
        ("csharp-12", "cs", "<LangVersion>12</LangVersion>", ""),
        ("csharp-13-0", "cs", "<LangVersion>13.0</LangVersion>", ""),
        ("csharp-latest", "cs", "<LangVersion>latest</LangVersion>", ""),
        ("csharp-preview", "cs", "<LangVersion>Preview</LangVersion>", ""),
        ("roslyn-4-8", "cs", "<Compiler>roslyn4.8</Compiler>", "KNB007"),
        ("roslyn-4-14", "cs", "<Compiler>roslyn4.14</Compiler>", ""),
        ("unknown-backend", "cs", "<TorchBackend>rocm</TorchBackend>", "KNB002"),
        ("unknown-fusing", "cs", "<KnDslFuse>never</KnDslFuse>", "KNB014"),
        ("fusing-by-name", "cs", "<KnDslFuse>True</KnDslFuse>", ""),
        ("unfused", "cs", "<KnDslFuse>False</KnDslFuse>", ""),
        ("unfused-off", "cs", "<KnDslFuse>off</KnDslFuse>", ""),
        ("linux-x64", "cs", $"{Program}<RuntimeIdentifier>linux-x64</RuntimeIdentifier>", ""),
        ("win-x64", "cs", $"{Program}<RuntimeIdentifier>win-x64</RuntimeIdentifier>", ""),
        ("win-arm64", "cs", $"{Program}<RuntimeIdentifier>win-arm64</RuntimeIdentifier>", ""),
        ("osx-arm64", "cs", $"{Program}<RuntimeIdentifier>osx-arm64</RuntimeIdentifier>", ""),
        ("linux-arm64", "cs", $"{Program}<RuntimeIdentifier>linux-arm64</RuntimeIdentifier>", "KNB008"),
        ("linux-musl-x64", "cs", $"{Program}<RuntimeIdentifier>linux-musl-x64</RuntimeIdentifier>", "KNB008"),
        ("win-x86", "cs", $"<OutputType>WinExe</OutputType><RuntimeIdentifier>win-x86</RuntimeIdentifier>", "KNB008"),
        ("osx-x64", "cs", $"{Program}<RuntimeIdentifier>osx-x64</RuntimeIdentifier>", "KNB008"),
        ("android-arm64", "cs", $"{Program}<RuntimeIdentifier>android-arm64</RuntimeIdentifier>", "KNB008"),
        ("a-host-without", "cs",
            $"{Program}<NETCoreSdkPortableRuntimeIdentifier>linux-musl-arm64</NETCoreSdkPortableRuntimeIdentifier>", "KNB008"),
        ("cuda-on-macos", "cs",
            $"{Program}<RuntimeIdentifier>osx-arm64</RuntimeIdentifier><TorchBackend>cuda</TorchBackend>", "KNB008"),
        ("cuda-on-linux", "cs",
            $"{Program}<RuntimeIdentifier>linux-x64</RuntimeIdentifier><TorchBackend>cuda</TorchBackend>", ""),
        ("linux-arm64-with-its-own", "cs",
            $"{Program}<RuntimeIdentifier>linux-arm64</RuntimeIdentifier><TorchBackend>none</TorchBackend>", ""),
        ("linux-arm64-library", "cs", "<RuntimeIdentifier>linux-arm64</RuntimeIdentifier>", ""),
    ];

    public static IEnumerable<object[]> Expected => Cases.Select(project => new object[] { project.Name, project.Code });

    [Theory]
    [MemberData(nameof(Expected))]
    public void A_project_has_one_error_or_none(string name, string code) =>
        Assert.Equal(code.Length > 0 ? [code] : [], projects.Errors.GetValueOrDefault(name, []));

    [Fact]
    public void Each_error_is_explained_where_users_look()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "hosts.md"));
        var codes = Directory.GetFiles(Path.Combine(Repository.Root, "Generator", "Packaging"), "*.targets", SearchOption.AllDirectories)
            .SelectMany(file => Regex.Matches(File.ReadAllText(file), "Code=\"(\\w+)\"").Select(match => match.Groups[1].Value)).ToArray();
        Assert.Equal(codes.Length, codes.Distinct().Count());
        Assert.All(codes, code => Assert.Contains($"| {code} |", page, StringComparison.Ordinal));
    }

    /// <summary>Evaluates the projects as their restore does.</summary>
    public sealed class Projects : IAsyncLifetime
    {
        private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("kndsl-checks-");

        /// <summary>The codes of the errors, by project.</summary>
        public Dictionary<string, string[]> Errors { get; private set; } = [];

        public async Task InitializeAsync()
        {
            var packaging = Path.Combine(Repository.Root, "Generator", "Packaging");
            foreach (var (name, language, settings, _) in Cases)
            {
                var place = Directory.CreateDirectory(Path.Combine(folder.FullName, name)).FullName;
                File.WriteAllText(Path.Combine(place, "net.knnet"), "");
                File.WriteAllText(Path.Combine(place, $"{name}.{language}proj"), $"""
                    <Project Sdk="Microsoft.NET.Sdk">
                      <Import Project="{Path.Combine(packaging, "KnDsl.props")}" />
                      <PropertyGroup>
                        <TargetFramework>net10.0</TargetFramework>
                        {settings}
                      </PropertyGroup>
                      <Import Project="{Path.Combine(packaging, "KnDsl.Torch.targets")}" />
                    </Project>
                    """);
            }
            // The SDK says which compiler it has after the project did.
            File.WriteAllText(Path.Combine(folder.FullName, "Directory.Build.targets"), """
                <Project>
                  <PropertyGroup Condition="'$(Compiler)' != ''"><CompilerApiVersion>$(Compiler)</CompilerApiVersion></PropertyGroup>
                </Project>
                """);
            File.WriteAllText(Path.Combine(folder.FullName, "all.proj"), """
                <Project>
                  <ItemGroup><Project Include="*/*.*proj" /></ItemGroup>
                  <Target Name="Check">
                    <MSBuild Projects="@(Project)" Targets="KnDslCheckProject" ContinueOnError="true" />
                  </Target>
                </Project>
                """);
            var (_, output) = await Dotnet.Run(folder.FullName, "msbuild", "all.proj", "-v:minimal", "-nologo");
            Errors = Regex.Matches(output, @"(?:error|warning) (\w+): .*[/\\]([^/\\]+)\.\w\wproj")
                .Select(match => (Code: match.Groups[1].Value, Name: match.Groups[2].Value))
                .GroupBy(found => found.Name, found => found.Code)
                .ToDictionary(group => group.Key, group => group.ToArray());
        }

        public Task DisposeAsync()
        {
            folder.Delete(recursive: true);
            return Task.CompletedTask;
        }
    }
}
