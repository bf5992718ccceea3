using System;
using System.Collections.Generic;
using System.Globalization;
using static TorchSharp.torch;

namespace KnDsl.Benchmarks;

/// <summary>
/// A Kalman layer's forward and backward pass against native BatchNorm2d's, on the same tensors in the same run, and those of the
/// per-sample policies against native instance, group and layer normalization.
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
            foreach (var (policy, training, inference, overPlain) in ComparePerSample(shape))
            {
                figures.AddRange([
                    Figure($"{policy}_{name}", training), Figure($"{policy}_inference_{name}", inference),
                    Figure($"{policy}_plain_inference_{name}", overPlain),
                ]);
            }
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

    /// <summary>
    /// The per-sample Kalman layers against native layers that compute the same without a filter, and in inference against the layers of
    /// the plain policies too.
    /// </summary>
    private static IEnumerable<(string Name, double Training, double Inference, double InferenceOverPlain)> ComparePerSample(
        long[] shape)
    {
        var channels = shape[1];
        yield return Compare(
            "ikn_over_in", () => nn.InstanceNorm2d(channels, affine: true), NormPolicy.Instance(), NormPolicy.InstanceKalman());
        yield return Compare("gkn_over_gn", () => nn.GroupNorm(32, channels), NormPolicy.Group(32), NormPolicy.GroupKalman(32));
        yield return Compare("lkn_over_ln", () => nn.GroupNorm(1, channels), NormPolicy.Layer(), NormPolicy.LayerKalman());

        (string, double, double, double) Compare(
            string name, Func<nn.Module<Tensor, Tensor>> make, NormPolicy plainPolicy, NormPolicy policy)
        {
            using var scope = NewDisposeScope();
            manual_seed(1);
            using var native = make();
            using var plain = plainPolicy.Create(channels);
            using var kalman = policy.Create(channels);
            using var before = policy.Create(channels);
            var x = randn(shape).requires_grad_();
            var gradient = randn(shape);
            var (_, state, _) = before.forward(randn(shape), null);
            var training = Interleaved.Run(
                warmUp: 30, TimeSpan.FromSeconds(3),
                ("native", () => Step(() => native.call(x))),
                ("Kalman", () => Step(() => kalman.forward(x, state).output)));
            kalman.eval();
            plain.eval();
            native.eval();
            var inference = Interleaved.Run(
                warmUp: 30, TimeSpan.FromSeconds(2),
                ("native", () => Infer(() => native.call(x))),
                ("plain", () => Infer(() => plain.call(x))),
                ("Kalman", () => Infer(() => kalman.call(x))));
            Report("forward and backward", training);
            Report("inference", inference);
            return (name, Ratio(training, "native"), Ratio(inference, "native"), Ratio(inference, "plain"));

            void Report(string what, IReadOnlyDictionary<string, Timing> times)
            {
                Console.WriteLine($"  {policy}, {what}");
                foreach (var (other, time) in times)
                    Console.WriteLine($"    {other,-6} {time}  {Ratio(times, other):F3}");
            }

            double Ratio(IReadOnlyDictionary<string, Timing> times, string to) => times["Kalman"].Median / times[to].Median;

            void Step(Func<Tensor> forward)
            {
                using var step = NewDisposeScope();
                forward().backward([gradient]);
            }

            void Infer(Func<Tensor> forward)
            {
                using var noGrad = no_grad();
                forward().Dispose();
            }
        }
    }

    private static string Figure(string name, double value) =>
        string.Create(CultureInfo.InvariantCulture, $"{name}: {value:F3}");
}
