using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Published.Tests;

/// <summary>
/// A network that computes values again trains as one that keeps them, to the bit on one thread: on several, kernels of torch add in
/// another order in every run.
/// </summary>
public sealed class RecomputeTests : TorchTest
{
    public static TheoryData<string> All() =>
        [.. Declared.All.Values.Where(declared => declared.Recomputes).Select(declared => declared.Type.Name)];

    [Fact]
    public void Most_networks_have_values_to_compute_again() =>
        Assert.InRange(Declared.All.Values.Count(declared => declared.Recomputes), 22, Declared.All.Count);

    [Theory]
    [MemberData(nameof(All))]
    public void Gradients_are_the_same_to_the_bit(string name)
    {
        using var scope = NewDisposeScope();
        var kept = Train(name, recompute: false);
        foreach (var blocks in new[] { false, true })
        {
            using var turn = NewDisposeScope();
            var before = BlockTape.GivenUp;
            var again = Train(name, recompute: blocks ? Recompute.Blocks : true);
            Assert.Equal(blocks && Declared.All[name].HasBlocks, BlockTape.GivenUp > before);
            Assert.Equal(kept.Keys, again.Keys);
            var different = kept.Keys.Where(entry => !AreTheSame(kept[entry], again[entry])).ToArray();
            if (different.Length == 0)
                continue;

            // Two runs that keep everything differ too, in one network of them: then by the rounding of a sum.
            var once = Train(name, recompute: false);
            foreach (var entry in different)
            {
                Assert.False(AreTheSame(kept[entry], once[entry]), $"{entry} of {name}");
                Close(kept[entry] / kept[entry].abs().max(), again[entry] / kept[entry].abs().max(), 1e-6);
            }
        }
    }

    /// <summary>A norm in inference mode filters by a sample's own values too, and leaves the norms after it what is theirs.</summary>
    [Theory]
    [InlineData("group")]
    [InlineData("layer")]
    [InlineData("instancekalman")]
    public void A_frozen_norm_of_single_samples_changes_no_gradient(string policy)
    {
        using var scope = NewDisposeScope();
        var (kept, again) = (Train(false), Train(Recompute.Blocks));
        Assert.All(kept.Keys, entry => Assert.True(AreTheSame(kept[entry], again[entry]), entry));

        Dictionary<string, Tensor> Train(Recompute recompute) => RecomputeTests.Train(
            "ResNet50", EveryPolicy.Of(policy), recompute, image => image.slice(2, 0, 64, 1).slice(3, 0, 64, 1),
            network => network.named_modules().Single(entry => entry.name == "layer4.1.bn1").module.eval());
    }

    /// <summary>Whether all bits are.</summary>
    private static bool AreTheSame(Tensor one, Tensor other) => one.bytes.SequenceEqual(other.bytes);

    /// <summary>Output, gradients and running averages after a training pass.</summary>
    private static Dictionary<string, Tensor> Train(string name, Recompute recompute) =>
        Train(name, NormPolicy.Kalman(microbatch: 2), recompute, image => image, _ => { });

    private static Dictionary<string, Tensor> Train(
        string name, NormPolicy policy, Recompute recompute, Func<Tensor, Tensor> crop, Action<nn.Module> freeze)
    {
        var (reference, declared) = (Reference.Load(name), Declared.All[name]);
        using var scope = NewDisposeScope();
        using var network = declared.Create(policy, recompute: recompute);
        reference.Fill(network);
        network.train();
        freeze(network);
        manual_seed(1);
        var image = crop(reference.Input());
        var outputs = declared.Run(network, cat([image, image.flip(-1)], 0), "output");
        outputs.Values.Aggregate(tensor(0.0f), (sum, output) => sum + output.square().mean()).backward();
        var found = outputs.ToDictionary(output => $"output {output.Key}", output => output.Value.detach());
        foreach (var (parameter, value) in network.named_parameters().Where(entry => entry.parameter.grad is not null))
            found[$"gradient of {parameter}"] = value.grad!;
        foreach (var (buffer, value) in network.named_buffers())
            found[buffer] = value;
        return found.ToDictionary(entry => entry.Key, entry => entry.Value.contiguous().alias().MoveToOuterDisposeScope());
    }
}
