using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl.Training.Tests.Running;

/// <summary>Twelve batches of eight images in three classes, in an order that depends on the epoch.</summary>
internal sealed class TinyBatches : IBatches<(Tensor Images, Tensor Labels)>
{
    private const int Size = 8;

    public long Count => 12;

    public IEnumerable<(Tensor Images, Tensor Labels)> Read(int epoch, long first = 0)
    {
        for (var batch = first; batch < Count; batch++)
            yield return Make(1 + epoch * Count + batch);
    }

    /// <summary>Noise, brighter in a third of the rows, whose number is the class.</summary>
    public static (Tensor Images, Tensor Labels) Make(long seed)
    {
        using var generator = new Generator((ulong)seed, CPU);
        var labels = randint(3, [Size], ScalarType.Int64, generator: generator);
        var images = randn([Size, 1, 8, 8], generator: generator);
        for (var i = 0; i < Size; i++)
            images[i, 0].narrow(0, labels[i].item<long>() * 2, 3).add_(2);
        return (images, labels);
    }
}

/// <summary>The training that tests share.</summary>
internal static class TinyTraining
{
    public static TrainerSettings Settings { get; } = new()
    {
        Epochs = 3, LearningRate = 0.1, AverageDecay = 0.9, ClipNorm = 1, CheckpointEverySteps = 5, KeepLast = 3,
        Watch = new("error"),
    };

    public static Tiny Network(NormPolicy? policy = null)
    {
        manual_seed(3);
        return new Tiny(policy: policy, device: CPU);
    }

    public static Tensor Loss(Tiny network, (Tensor Images, Tensor Labels) batch) =>
        nn.functional.cross_entropy(network.call(batch.Images), batch.Labels);

    public static Trainer<(Tensor Images, Tensor Labels)> Trainer(Tiny network, TrainerSettings settings, string? checkpoints = null) =>
        new(network, batch => Loss(network, batch), settings, checkpoints);

    public static IReadOnlyDictionary<string, double> Evaluate(Tiny network)
    {
        using var scope = NewDisposeScope();
        var (images, labels) = TinyBatches.Make(0);
        var error = network.call(images).argmax(1).ne(labels).to(ScalarType.Float64).mean().item<double>();
        return new Dictionary<string, double> { ["error"] = error };
    }

    /// <summary>All weights and buffers, bit for bit.</summary>
    public static string Bits(nn.Module network) => string.Join('\n', network.state_dict().Select(pair =>
        $"{pair.Key} {System.Convert.ToHexString(pair.Value.cpu().contiguous().bytes)}"));
}
