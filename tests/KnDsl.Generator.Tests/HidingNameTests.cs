using System;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace KnDsl.Generator.Tests;

/// <summary>Classes of the project that have the names of what generated code takes from elsewhere.</summary>
public sealed class HidingNameTests
{
    private const string Net = """
        network Net(depths: int[] = [1, 2], deep: bool = true, policy: norm = kalman(gain: learned))
        {
            input  image[N, 3, 8, 8]
            norm = policy
            x = image -> conv1: conv(4, 3) -> bn1: norm -> relu
            v = image -> conv2: conv(4, 3)
            for i in 0..depths.count {
                v = v -> more{i}: conv(4, 3) -> more_norm{i}: norm
                x = x -> part{i}.conv: conv(4, 3) -> part{i}.norm: norm
            }
            y = x -> body: [ conv(4, 3, padding: same), conv(4, 3, padding: same), conv(4, 3, mode: reflect) ]
                -> upsample(2) -> dropout(0.5) if deep
            token = scale: learned(4, 1, 1)
            z = y * token
            x = x + v
            output x[N, 4, 8, 8], z[N, 4, 16, 16]
        }
        """;

    /// <summary>All that the code of <see cref="Net"/> takes from elsewhere, and what its names would be if they were taken.</summary>
    private static readonly string[] AllNames =
    [
        "Tensor", "Device", "ScalarType", "Module", "Parameter", "Conv2d", "ModuleList", "ComponentName", "ComponentNameAttribute", "torch",
        "nn", "TorchSharp", "Modules", "Utils", "Padding", "PaddingModes", "InterpolationMode", "KnDsl", "Sizes", "Operations", "Folding",
        "LayerInfo", "NormPolicy", "NormLayer", "Gain", "Transition", "ChannelState", "ReluRule", "WeightRule", "NativeConvolutions",
        "System", "IReadOnlyList", "List", "InvalidOperationException", "Math", "DynamicDependency", "DynamicDependencyAttribute",
        "ArgumentNullException", "Components", "Handles", "Hooks",
    ];

    public static TheoryData<string> Names => [.. AllNames];

    /// <summary>What is wrong with the code of files beside a project's own code, of which nothing is said.</summary>
    private static string[] Problems(string code, string rootNamespace, params TextInMemory[] texts)
    {
        var project = code.Length == 0 ? Host.Compilation() : Host.Compilation("#pragma warning disable CS1591, CS8981\n" + code);
        var result = Host.Driver(texts, rootNamespace).RunGenerators(project).GetRunResult().Results.Single();
        Assert.All(result.Diagnostics, found => Assert.Equal("KN0406", found.Id));
        Assert.NotEmpty(result.GeneratedSources);
        return [.. project.AddSyntaxTrees(result.GeneratedSources.Select(source =>
                CSharpSyntaxTree.ParseText(source.SourceText, Host.ParseOptions, source.HintName)))
            .GetDiagnostics().Where(found => found.Severity >= DiagnosticSeverity.Warning).Select(found => found.ToString())];
    }

    private static string[] Problems(string code, string rootNamespace = "Acme.Nets") =>
        Problems(code, rootNamespace, Host.Project("net.knnet", Net));

    /// <summary>There a lone underscore is the namespace, not a value that nobody wants.</summary>
    [Fact]
    public void A_namespace_of_an_underscore_hides_nothing() => Assert.Empty(Problems("", "Acme._"));

    /// <summary>The namespace of a project My-App is My_App.</summary>
    [Theory]
    [InlineData("namespace My_App { public class Tensor { } public class Sizes { } public class Device { } }", "My-App")]
    [InlineData("namespace My_App { public partial class Net { private const int nn = 3; public int Sizes => nn; } }", "My-App")]
    [InlineData("namespace _1.@class { public class Tensor { } public class Sizes { } }", "1.class")]
    public void A_root_namespace_is_the_one_that_its_classes_have(string code, string rootNamespace) =>
        Assert.Empty(Problems(code, rootNamespace));

    /// <summary>A declaration after a brace, and a value that is called namespace.</summary>
    [Theory]
    [InlineData("block Part(x) {\n    namespace = x -> relu\n    return namespace\n}\nnamespace Acme.Deep\n")]
    [InlineData("block Part(x) {\n    return x -> relu\n} namespace Acme.Deep\n")]
    public void The_namespace_of_a_file_is_the_one_that_it_says(string before) => Assert.Empty(Problems(
        "namespace Acme.Deep { public class Tensor { } public class Sizes { } }", "Acme.Nets", Host.Project("net.knnet", before + Net)));

    /// <summary>What a project declares by each of some names, and its root namespace.</summary>
    public static TheoryData<string, string> Declarations => new()
    {
        { "namespace Acme.Nets { public class {0} { } }", "Acme.Nets" },
        { "namespace Acme.Nets { public class {0}<T> { } }", "Acme.Nets" },
        { "namespace Acme.Nets.{0} { public class Inner { } }", "Acme.Nets" },
        { "namespace Acme { public class {0} { } public class {0}<T> { } }", "Acme.Nets" },
        { "namespace Others { public class {0} { } public class {0}<T> { } }", "Acme.Nets" },
        { "namespace Acme.Nets { public partial class Net { public class {0} { } } }", "Acme.Nets" },
        { "namespace Acme.Nets { public class {0} { } public class TorchSharp{0} { } public class KnDsl{0} { } }", "Acme.Nets" },
        { "public class {0} { } public class {0}<T> { }", "Acme.Nets" },
        { "global using {0} = System.DateTime;", "Acme.Nets" },
        // Without a namespace all is in one place.
        { "global using {0} = System.DateTime;", "" },
        { "namespace Others { public class {0} { } public class {0}<T> { } }", "" },
        { "public class {0} { } public class {0}<T> { }", "" },
    };

    /// <summary>Of many names at once, so that one compilation does for them, and of each in a form of which there are few.</summary>
    [Theory]
    [MemberData(nameof(Declarations))]
    public void Classes_of_the_project_hide_nothing(string declaration, string rootNamespace)
    {
        // A class of such a name in no namespace would hide the libraries' own from the project, not from its network.
        var isGlobal = !declaration.StartsWith("namespace", StringComparison.Ordinal);
        var usings = declaration.Contains("Others", StringComparison.Ordinal) ? "global using Others;\n" : "";
        foreach (var names in AllNames.Where(name => !isGlobal || name is not ("System" or "TorchSharp" or "KnDsl")).Chunk(8))
        {
            var code = names.AsEnumerable().Select(name => declaration.Replace("{0}", name, StringComparison.Ordinal));
            Assert.Empty(Problems(usings + string.Join("\n", code), rootNamespace));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_class_of_the_project_hides_nothing(string name) =>
        Assert.Empty(Problems($"namespace Acme.Nets {{ public class {name} {{ }} public class {name}<T> {{ }} }}"));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_block_or_a_label_may_have_any_such_name(string name)
    {
        var text = Net.Replace("-> bn1: norm -> relu", $"-> {name}: {name} -> bn1: norm -> relu -> inner.{name}: conv(4, 1)")
            + $"\nblock {name}(x)\n{{\n    return x -> {name}_: conv(4, 3) -> norm\n}}\n";
        Assert.Empty(Problems("", "Acme", Host.Project("net.knnet", text)));
        // Beside another file it is a class of the namespace like any other.
        Assert.Empty(Problems("", "Acme", Host.Project("net.knnet", Net),
            Host.Project("block.knnet", $"block {name}(x)\n{{\n    return x -> conv(4, 3)\n}}\n")));
    }

    /// <summary>Names that the compiler makes from others, and one that the checker marked inputs of a block with.</summary>
    [Theory]
    [InlineData("y = x -> key: conv(3, 1) -> get_key: conv(3, 1)")]
    [InlineData("y = x -> key: conv(3, 1) -> set_key: conv(3, 1)")]
    [InlineData("mask = x -> conv(3, 1)\n    set_mask = x -> conv(3, 1)\n    y = mask\n    output mask[N, 3, 8, 8], set_mask[N, 3, 8, 8]")]
    [InlineData("y = x -> Part -> conv(3, 1) -> norm")]
    public void Labels_and_outputs_have_any_name(string body) => Assert.Empty(Problems("", "Acme", Host.Project("net.knnet", $$"""
        network Net
        {
            input x[N, 3, 8, 8]
            {{body}}
            output y[N, 3, 8, 8]
        }

        block Part(x)
        {
            y = x -> "#a": norm
            return y -> "#0": norm -> relu
        }
        """)));

    [Fact]
    public void Only_a_name_that_is_taken_gets_another()
    {
        var project = Host.Compilation("namespace Acme.Nets { public class Device { } public class Other { } }");
        var driver = Host.Driver([Host.Project("net.knnet", Net)], "Acme.Nets").RunGenerators(project);
        var code = driver.GetRunResult().GeneratedTrees.Single().ToString();
        Assert.Contains("using TorchSharpDevice = global::TorchSharp.torch.Device;", code);
        Assert.Contains("TorchSharpDevice? device = null", code);
        Assert.Contains("using Tensor = global::TorchSharp.torch.Tensor;", code);
    }

    [Fact]
    public void Files_are_written_again_only_where_such_a_name_comes_or_goes()
    {
        var project = Host.Compilation("namespace Project { public class Other { } }");
        var driver = Host.Driver([Host.Project("net.knnet", Net)], track: true).RunGenerators(project);
        Assert.Equal(IncrementalStepRunReason.Cached, ReasonAfter("namespace Project { public class Another { } }"));
        Assert.Equal(IncrementalStepRunReason.Modified, ReasonAfter("namespace Project { public class Device { } }"));
        Assert.Equal(IncrementalStepRunReason.Cached, ReasonAfter("namespace Project { public class Device { int added; } }"));
        Assert.Equal(IncrementalStepRunReason.Modified, ReasonAfter("namespace Project { public class Other { } }"));

        IncrementalStepRunReason ReasonAfter(string code)
        {
            driver = driver.RunGenerators(Host.Compilation(code));
            return driver.GetRunResult().Results.Single().TrackedSteps[KnnetGenerator.Steps.Files].Single().Outputs.Single().Reason;
        }
    }
}
