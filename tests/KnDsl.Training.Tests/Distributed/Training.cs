using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl.Training.Tests;

/// <summary>A training of 20 steps, of whose batches each process takes its share.</summary>
internal static class Training
{
    /// <summary>Policies under which several processes can equal one.</summary>
    public static readonly Dictionary<string, NormPolicy> Policies = new()
    {
        ["group"] = NormPolicy.Group(4),
        ["batch"] = NormPolicy.Batch(),
        ["synchronized"] = NormPolicy.Batch(synchronized: true),
    };

    private const int Steps = 20;
    private const long Batch = 8;

    public static void Run(ProcessGroup group, SmallNetwork network, bool overlap, long bucketBytes)
    {
        Replicas.Broadcast(group, network);
        using var reducer = new GradientReducer(group, network.named_parameters(), bucketBytes, overlap);
        using var optimizer = optim.SGD(network.parameters(), 0.1, momentum: 0.9);
        for (var step = 0; step < Steps; step++)
        {
            using var scope = NewDisposeScope();
            manual_seed(step);
            var share = Batch / group.Size;
            var x = randn([Batch, 1, 10, 10], ScalarType.Float64).narrow(0, group.Rank * share, share);
            var target = randint(4, [Batch], ScalarType.Int64).narrow(0, group.Rank * share, share);
            optimizer.zero_grad();
            reducer.Prepare();
            nn.functional.cross_entropy(network.call(x), target).backward();
            reducer.Average();
            optimizer.step();
        }
    }

    public static double[] ValuesOf(SmallNetwork network) =>
        [.. network.state_dict().Values.SelectMany(tensor => tensor.to(ScalarType.Float64).data<double>().ToArray())];
}
