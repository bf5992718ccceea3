using System;
using System.Collections.Generic;
using System.Globalization;
using static TorchSharp.torch;

namespace KnDsl.Benchmarks;

/// <summary>
/// A Kalman layer's forward and backward pass against native BatchNorm2d's, on the same tensors in the same run.
/// </summary>
internal static class NormBenchmark
{
    private static readonly long[][] Shapes = [[32, 64, 32, 32], [8, 256, 28, 28], [2, 64, 56, 56], [2, 64, 14, 14]];

    public static void Run()
    {
        var figures = new List<string>();
        foreach (var shape in Shapes)
        {
            var name = string.Join("x", shape);
            var ratio = Compare(shape);
            if (figures.Count == 0)
                figures.Add(Figure("kn_over_bn", ratio));
            figures.Add(Figure($"kn_over_bn_{name}", ratio));
        }

        Console.WriteLine(string.Join(" ", figures));
    }

    private static double Compare(long[] shape)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var channels = shape[1];
        using var batch = nn.BatchNorm2d(channels);
        using var kalman = NormPolicy.Kalman().Create(channels);
        using var before = NormPolicy.Kalman().Create(channels);
        var x = randn(shape).requires_grad_();
        var gradient = randn(shape);

        // The prior of a real chain: the state that a layer before emits, so that its gradient is part of the cost.
        var (_, state, _) = before.forward(randn(shape), null);
        var times = Interleaved.Run(
            warmUp: 30, TimeSpan.FromSeconds(6),
            ("native BatchNorm2d", () => Step(() => batch.call(x))),
            ("KN layer", () => Step(() => kalman.forward(x, state).output)),
            ("KN layer, no prior", () => Step(() => kalman.forward(x, null).output)),
            ("KN layer, composed", () => Step(
                () => ComposedKalman.Of(x, batch.weight, batch.bias!, before.get_parameter("bias")!,
                    before.get_parameter("weight")!.square()))));

        Console.WriteLine($"{string.Join("x", shape)}, forward and backward, {get_num_threads()} threads");
        var native = times["native BatchNorm2d"].Median;
        foreach (var (name, time) in times)
            Console.WriteLine($"  {name,-20} {time}  {time.Median / native:F3}");
        return times["KN layer"].Median / native;

        void Step(Func<Tensor> forward)
        {
            using var step = NewDisposeScope();
            forward().backward([gradient]);
        }
    }

    private static string Figure(string name, double value) =>
        string.Create(CultureInfo.InvariantCulture, $"{name}: {value:F3}");
}
