using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Published.Tests;

/// <summary>What is declared is the published architecture: names, order, shapes, sizes and answers; and it trains.</summary>
public sealed class DeclaredTests
{
    public static TheoryData<string> Names() => [.. Declared.All.Keys];

    public static TheoryData<string> NamesWithPolicy() => [.. Declared.All.Values.Where(d => d.HasPolicy).Select(d => d.Type.Name)];

    public static TheoryData<string> NamesThatTrain() => [.. Reference.Names.Where(name => Reference.Load(name).Trains)];

    public static TheoryData<string> NamesWith(string file) =>
        [.. Reference.Names.Where(name => File.Exists(Path.Combine(Reference.FolderOf(name), file)))];

    [Fact]
    public void EveryCaseWithFiguresIsDeclared() => Assert.Equal(Reference.Names, Declared.All.Keys.Order(StringComparer.Ordinal));

    private static IReadOnlyDictionary<string, Tensor> Run(Reference reference, nn.Module network, Tensor image) =>
        Declared.All[reference.Name].Run(network, image, reference.Outputs[0].Name);

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
        reference.AssertMatches(network, Run(reference, network, reference.Input()));
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
        var norms = Declared.All[name].Layers.Where(IsNorm).ToArray();
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
            if (IsTooSmall(declared, policy))
            {
                Assert.Throws<ArgumentException>(() => Run(reference, network, reference.Input()));
                continue;
            }
            foreach (var (output, tensor) in Run(reference, network, reference.Input()))
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

    /// <summary>The figures' running averages are not trivial. A norm folds into the convolution right before it.</summary>
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
        var before = Run(reference, network, reference.Input());
        network.GetType().GetMethod("fold")!.Invoke(network, null);
        foreach (var (output, tensor) in Run(reference, network, reference.Input()))
        {
            var difference = (tensor - before[output]).abs().max().item<float>() / before[output].abs().max().item<float>();
            Assert.True(difference <= 1e-5, $"{output} differs by {difference} of its scale");
        }
        var rows = declared.Layers;
        var afterConvolutions = Enumerable.Range(1, rows.Count - 1)
            .Where(i => IsNorm(rows[i]) && rows[i - 1].Operation.StartsWith("conv", StringComparison.Ordinal));
        var folded = network.named_modules().Where(entry => entry.module is RunningNormLayer { folded: true }).Select(entry => entry.name);
        Assert.Equal(afterConvolutions.Select(i => rows[i].Name).Order(), folded.Order());
    }

    private static bool IsNorm(LayerInfo row) => row.Operation.StartsWith("norm", StringComparison.Ordinal);

    /// <summary>Statistics of a sample's own values need more than one; some have norms after a pool that leaves one position.</summary>
    private static bool IsTooSmall(Declared declared, NormPolicy policy) =>
        policy == NormPolicy.Instance()
            && declared.Layers.Any(row => IsNorm(row) && row.Output.EndsWith(", 1, 1]", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(NamesThatTrain))]
    public void TrainsOnTwoImages(string name)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var (reference, declared) = (Reference.Load(name), Declared.All[name]);
        using var network = declared.Create(NormPolicy.Kalman());
        network.train();
        var image = reference.Inputs.Single();
        var outputs = Run(reference, network, Formula.Input(image.Name, [2, .. image.Shape.Skip(1)]));
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

    /// <summary>
    /// Images of 32x32 leave MobileNet-v2's last blocks one position, and their statistics two values. A prior that is given up there
    /// leaves batch normalization of two values, and gradients of 1e8.
    /// </summary>
    [Fact]
    public void GradientsStayInProportionOnMapsOfOnePosition()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var network = Declared.All["MobileNetV2"].Create(NormPolicy.Kalman(microbatch: 2), classes: 10);
        network.train();
        var scores = Declared.All["MobileNetV2"].Run(network, randn(8, 3, 32, 32), "output").Values.Single();
        nn.functional.cross_entropy(scores, arange(8)).backward();
        Assert.All(network.parameters(), parameter => Assert.InRange(parameter.grad!.norm().item<float>(), 0, 500f));
    }

    [Theory]
    [MemberData(nameof(NamesWith), "layers.txt")]
    public void TheTableIsAsBefore(string name)
    {
        var rows = Declared.All[name].Layers.Select(row => new[]
        {
            row.Name, row.Operation, row.Output, $"{row.Parameters} parameters", $"{row.Macs} MACs", row.Prior,
        }).ToArray();
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            text.Append(string.Join("  ", row.Select((cell, i) => cell.PadRight(rows.Max(other => other[i].Length)))).TrimEnd())
                .Append('\n');
        }

        Expected.InFile(Path.Combine(Reference.FolderOf(name), "layers.txt"), text.ToString());
    }

    [Theory]
    [MemberData(nameof(NamesWith), "summary.txt")]
    public void TheSummaryIsAsBefore(string name)
    {
        var text = (string)Declared.All[name].Type.GetMethod("Summary")!.Invoke(null, null)!;
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= 190, line));
        Assert.Contains(FormattableString.Invariant($"\n{Reference.Load(name).Parameters:N0} parameters\n"), text);
        Expected.InFile(Path.Combine(Reference.FolderOf(name), "summary.txt"), text);
    }

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
