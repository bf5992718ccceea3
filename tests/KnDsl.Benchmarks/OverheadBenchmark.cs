using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl.Benchmarks;

/// <summary>
/// A generated network's forward and backward pass against the same network written by hand in TorchSharp with its
/// native batch normalization: same weights, same data, same run.
/// </summary>
internal static class OverheadBenchmark
{
    /// <summary>The networks of a first look; ResNet-50's step takes seconds.</summary>
    public static IReadOnlyList<BenchmarkedNetwork> Usual { get; } = BenchmarkedNetwork.Find(["resnet18", "fashion"]);

    public static void Run(IReadOnlyList<BenchmarkedNetwork> networks)
    {
        (string Name, double Ratio)[] figures = [.. networks.Select(network => (network.Name, Compare(network)))];
        Console.WriteLine(string.Join(" ", figures.Select(figure => Figure($"generated_over_handwritten_{figure.Name}", figure.Ratio))
            .Prepend(Figure("generated_over_handwritten", figures.Max(figure => figure.Ratio)))));
    }

    private static double Compare(BenchmarkedNetwork network)
    {
        using var generated = network.Generated(NormPolicy.Batch());
        using var handwritten = network.Handwritten();
        using var scope = NewDisposeScope();
        manual_seed(1);
        using (no_grad())
        {
            foreach (var (from, to) in handwritten.parameters().Zip(generated.parameters()))
                to.copy_(from);
        }

        var images = randn([network.Batch, .. network.Image]);
        var labels = randint(0, BenchmarkedNetwork.Classes, [network.Batch], dtype: ScalarType.Int64);
        if (!Close(generated.call(images), handwritten.call(images)))
            throw new InvalidOperationException($"{network.Name}: the two networks compute different things.");

        var times = Interleaved.Run(
            warmUp: 10, network.Duration, ("generated", () => Step(generated)), ("handwritten", () => Step(handwritten)));
        Console.WriteLine($"{network.Name}, forward and backward, {Machine.Describe(CPU)}");
        var native = times["handwritten"].Median;
        foreach (var (name, time) in times)
            Console.WriteLine($"  {name,-12} {time}  {time.Median / native:F3}");
        return times["generated"].Median / native;

        void Step(nn.Module<Tensor, Tensor> trained)
        {
            using var step = NewDisposeScope();
            trained.zero_grad();
            nn.functional.cross_entropy(trained.call(images), labels).backward();
        }
    }

    private static bool Close(Tensor a, Tensor b) => a.allclose(b, rtol: 1e-3, atol: 1e-3);

    private static string Figure(string name, double value) => string.Create(CultureInfo.InvariantCulture, $"{name}: {value:F3}");
}
