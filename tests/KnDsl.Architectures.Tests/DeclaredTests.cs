using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Snapshooter;
using Snapshooter.Xunit;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Architectures.Tests;

/// <summary>What is declared is the published architecture: names, order, shapes, sizes and answers; and it trains.</summary>
public sealed class DeclaredTests
{
    /// <summary>A snapshot that is missing fails like one that differs; SNAPSHOOTER_STRICT_MODE=off makes new ones.</summary>
    [ModuleInitializer]
    internal static void RefuseNewSnapshots()
    {
        if (Environment.GetEnvironmentVariable("SNAPSHOOTER_STRICT_MODE") is null)
            Environment.SetEnvironmentVariable("SNAPSHOOTER_STRICT_MODE", "on");
    }

    public static TheoryData<string> Names() => [.. Declared.All.Keys];

    public static TheoryData<string> NamesWithPolicy() => [.. Declared.All.Values.Where(d => d.HasPolicy).Select(d => d.Type.Name)];

    [Fact]
    public void EveryCaseWithFiguresIsDeclared() => Assert.Equal(Reference.Names, Declared.All.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void MeetsTheReference(string name)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var (reference, declared) = (Reference.Load(name), Declared.All[name]);
        using var network = declared.Create(NormPolicy.Batch());
        network.eval();
        reference.Fill(network);
        reference.AssertMatches(network, declared.Run(network, reference.Input()));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TheTableCountsTheParameters(string name)
    {
        // A shared module has a row for each place that it is applied at.
        var layers = Declared.All[name].Layers.Where(layer => layer.Name.Length > 0).DistinctBy(layer => layer.Name).ToArray();
        Assert.Equal(Reference.Load(name).Parameters, layers.Sum(layer => long.Parse(layer.Parameters, CultureInfo.InvariantCulture)));
    }

    /// <summary>The chain reaches every norm but the first of each network.</summary>
    [Theory]
    [MemberData(nameof(NamesWithPolicy))]
    public void ThePriorComesFromTheNormsBefore(string name)
    {
        var norms = Declared.All[name].Layers.Where(layer => layer.Operation.StartsWith("norm", StringComparison.Ordinal)).ToArray();
        Assert.True(norms.Length >= 8, $"{norms.Length} norms");
        Assert.All(norms, norm => Assert.NotEmpty(norm.Prior));
        Assert.DoesNotContain(norms, norm => norm.Prior.StartsWith("cut", StringComparison.Ordinal));
        Assert.Equal(norms[0].Name, Assert.Single(norms, norm => norm.Prior == "begins the chain").Name);
    }

    [Theory]
    [MemberData(nameof(NamesWithPolicy))]
    public void AnswersUnderEveryPolicy(string name)
    {
        var (reference, declared) = (Reference.Load(name), Declared.All[name]);
        var answers = new Dictionary<string, long>();
        foreach (var policy in Policies())
        {
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            using var network = declared.Create(policy);
            network.eval();
            if (IsTooSmall(name, policy))
            {
                Assert.Throws<ArgumentException>(() => declared.Run(network, reference.Input()));
                continue;
            }
            foreach (var (output, tensor) in declared.Run(network, reference.Input()))
            {
                Assert.Equal(reference.Outputs.Single(o => o.Name == output).Shape, tensor.shape);
                Assert.True(tensor.isfinite().all().item<bool>(), $"{output} is not finite under {policy}");
            }
            answers[policy.ToString()] = network.parameters().Sum(parameter => parameter.numel());
        }

        Assert.Equal(reference.Parameters, answers[NormPolicy.Batch().ToString()]);
        Assert.Equal(reference.Parameters, answers[NormPolicy.Kalman().ToString()]);
        Assert.True(answers[NormPolicy.None().ToString()] < reference.Parameters, "what does not normalize has no factors");
    }

    /// <summary>The figures' running averages are not trivial. Only DenseNet has norms elsewhere than behind a convolution.</summary>
    [Theory]
    [MemberData(nameof(NamesWithPolicy))]
    public void FoldedItAnswersTheSame(string name)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var (reference, declared) = (Reference.Load(name), Declared.All[name]);
        using var network = declared.Create(NormPolicy.Kalman());
        network.eval();
        reference.Fill(network);
        var before = declared.Run(network, reference.Input());
        network.GetType().GetMethod("fold")!.Invoke(network, null);
        foreach (var (output, tensor) in declared.Run(network, reference.Input()))
        {
            var difference = (tensor - before[output]).abs().max().item<float>() / before[output].abs().max().item<float>();
            Assert.True(difference <= 1e-5, $"{output} differs by {difference} of its scale");
        }
        var norms = network.modules().OfType<RunningNormLayer>().ToArray();
        if (name == "DenseNet121")
            Assert.Equal(1 + 58, norms.Count(norm => norm.folded)); // Behind the stem, and the second of each dense layer.
        else
            Assert.All(norms, norm => Assert.True(norm.folded));
    }

    /// <summary>Statistics of a sample's own values need more than one; these have norms behind a pool that leaves one position.</summary>
    private static bool IsTooSmall(string name, NormPolicy policy) =>
        policy == NormPolicy.Instance() && name is ("DeepLabV3ResNet50" or "InceptionV3");

    [Theory]
    [InlineData("ResNet18")]
    [InlineData("MobileNetV2")]
    [InlineData("GoogLeNet")]
    [InlineData("DenseNet121")]
    [InlineData("UNet")]
    [InlineData("RetinaNetResNet50")]
    public void TrainsOnTwoImages(string name)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var (reference, declared) = (Reference.Load(name), Declared.All[name]);
        using var network = declared.Create(NormPolicy.Kalman());
        network.train();
        var image = reference.Inputs.Single();
        var outputs = declared.Run(network, Formula.Input(image.Name, [2, .. image.Shape.Skip(1)]));
        var loss = outputs.Values.Select(output => output.square().mean()).Aggregate((a, b) => a + b);
        loss.backward();

        Assert.InRange(loss.item<float>(), 1e-6f, 1e6f);
        Assert.All(network.named_parameters(), entry =>
        {
            Assert.True(entry.parameter.grad is not null, $"{entry.name} has no gradient");
            var size = entry.parameter.grad!.abs().sum().item<float>();
            Assert.True(size > 0 && float.IsFinite(size), $"the gradient of {entry.name} sums to {size}");
        });
    }

    [Fact]
    public void TheTableOfResNet50IsAsBefore()
    {
        var rows = Declared.All["ResNet50"].Layers.Select(row => new[]
        {
            row.Name, row.Operation, row.Output, $"{row.Parameters} parameters", $"{row.Macs} MACs", row.Prior,
        }).ToArray();
        var text = new StringBuilder();
        foreach (var row in rows)
            text.Append(string.Join("  ", row.Select((cell, i) => cell.PadRight(rows.Max(other => other[i].Length)))).TrimEnd()).Append('\n');
        Snapshot.Match(text.ToString(), new SnapshotFullName("layers.snap", Path.Combine(FindCases(AppContext.BaseDirectory), "ResNet50")));
    }

    [Theory]
    [InlineData("ResNet18")]
    [InlineData("GoogLeNet")]
    [InlineData("DenseNet121")]
    public void TheSummaryIsAsBefore(string name)
    {
        var text = (string)Declared.All[name].Type.GetMethod("Summary")!.Invoke(null, null)!;
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= 190, line));
        Assert.Contains(FormattableString.Invariant($"\n{Reference.Load(name).Parameters:N0} parameters\n"), text);
        Snapshot.Match(text, new SnapshotFullName("summary.snap", Path.Combine(FindCases(AppContext.BaseDirectory), name)));
    }

    private static string FindCases(string folder) =>
        Directory.Exists(Path.Combine(folder, "tests", "Cases")) ? Path.Combine(folder, "tests", "Cases") : FindCases(Directory.GetParent(folder)!.FullName);

    /// <summary>All that NormPolicy makes, at its defaults; one group divides any channels.</summary>
    private static IEnumerable<NormPolicy> Policies()
    {
        var factories = typeof(NormPolicy).GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Where(method => method.ReturnType == typeof(NormPolicy)).ToArray();
        Assert.True(factories.Length >= 4);
        return factories.Select(factory => (NormPolicy)factory.Invoke(null, [.. factory.GetParameters()
            .Select(parameter => parameter.Name == "groups" ? 1 : parameter.DefaultValue)])!);
    }
}
