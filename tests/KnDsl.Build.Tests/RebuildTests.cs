using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Threading.Tasks;
using Xunit;

namespace KnDsl.Build.Tests;

/// <summary>What is built again, and what is the same in another folder.</summary>
[Collection(nameof(PackedPackage))]
public sealed class RebuildTests(PackedPackage package)
{
    private const string Library = "<OutputType>Library</OutputType><TorchBackend>none</TorchBackend>";

    [Fact]
    public async Task A_build_has_the_classes_of_the_files_that_are_there()
    {
        var project = package.Consumer("incremental", sdk: package.SdkLine, settings: Library);
        File.Delete(Path.Combine(project, "Program.cs"));
        Write("Deleted", "Deleted.knnet");
        await Dotnet.Succeed(project, "build", "-c", "Release");
        Assert.Equal(["Deleted", "Small"], Classes());

        // No file is newer than what was built.
        File.Delete(Path.Combine(project, "Deleted.knnet"));
        await Dotnet.Succeed(project, "build", "-c", "Release", "--no-restore");
        Assert.Equal(["Small"], Classes());

        Write("Old", "Old.knnet");
        File.SetLastWriteTimeUtc(Path.Combine(project, "Old.knnet"), new DateTime(2020, 1, 1));
        await Dotnet.Succeed(project, "build", "-c", "Release", "--no-restore");
        Assert.Equal(["Old", "Small"], Classes());

        void Write(string name, string file) => File.WriteAllText(
            Path.Combine(project, file),
            $"network {name}()\n{{\n    input x[N, 4]\n    y = x -> linear(2)\n    output y[N, 2]\n}}\n");

        string[] Classes()
        {
            using var assembly = new PEReader(File.OpenRead(Path.Combine(project, "bin", "Release", "net10.0", "Consumer.dll")));
            var metadata = assembly.GetMetadataReader();
            return [.. metadata.TypeDefinitions.Select(metadata.GetTypeDefinition)
                .Where(type => metadata.GetString(type.Namespace) == "Consumer").Select(type => metadata.GetString(type.Name)).Order()];
        }
    }

    [Fact]
    public async Task Another_folder_gives_the_same_assembly_and_symbols_where_paths_are_mapped()
    {
        var one = await Build("one");
        var other = await Build("C#/over there");
        Assert.Equal(one.Assembly, other.Assembly);
        Assert.Equal(one.Symbols, other.Symbols);
        // Stack traces show what the symbols name.
        Assert.Contains("/_/project/Small.knnet", one.Documents);
        Assert.Contains("/_/shared/net.knnet", one.Documents);
        Assert.All(one.Documents, document => Assert.StartsWith("/_/", document, StringComparison.Ordinal));

        async Task<(byte[] Assembly, byte[] Symbols, IReadOnlyList<string> Documents)> Build(string folder)
        {
            var project = package.Consumer(
                $"{folder}/project", sdk: package.SdkLine, settings: Library + "<EmbedAllSources>true</EmbedAllSources>"
                    + "<EmitCompilerGeneratedFiles>true</EmitCompilerGeneratedFiles>",
                references: "<AdditionalFiles Include=\"../shared/*.knnet\" />");
            File.Delete(Path.Combine(project, "Program.cs"));
            var small = File.ReadAllText(Path.Combine(project, "Small.knnet"));
            var shared = Directory.CreateDirectory(Path.Combine(project, "..", "shared")).FullName;
            // Two files of one name are told apart by a part of their paths.
            File.WriteAllText(Path.Combine(shared, "net.knnet"), small.Replace("Small", "Shared", StringComparison.Ordinal));
            File.WriteAllText(Path.Combine(project, "net.knnet"), small.Replace("Small", "Own", StringComparison.Ordinal));
            await Dotnet.Succeed(
                project, "build", "-c", "Release", "-p:ContinuousIntegrationBuild=true",
                $"-p:PathMap={Path.GetDirectoryName(project)}{Path.DirectorySeparatorChar}=/_/");
            var symbols = File.ReadAllBytes(Path.Combine(project, "bin", "Release", "net10.0", "Consumer.pdb"));
            using var provider = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(symbols));
            var reader = provider.GetMetadataReader();
            return (File.ReadAllBytes(Path.Combine(project, "bin", "Release", "net10.0", "Consumer.dll")), symbols,
                [.. reader.Documents.Select(document => reader.GetString(reader.GetDocument(document).Name))]);
        }
    }
}
