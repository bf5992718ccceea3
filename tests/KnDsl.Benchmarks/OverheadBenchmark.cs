using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using KnDsl.Published.Tests.Handwritten;
using static TorchSharp.torch;

namespace KnDsl.Benchmarks;

/// <summary>
/// A generated network's forward and backward pass against the same network written by hand in TorchSharp with its
/// native batch normalization: same weights, same data, same run.
/// </summary>
internal static class OverheadBenchmark
{
    public static void Run()
    {
        var figures = new List<(string Name, double Ratio)>
        {
            ("resnet18",
                Compare("ResNet-18, 8 images of 64x64", new Cases.ResNet18.ResNet18(classes: 10, policy: NormPolicy.Batch()),
                    new ResNet18(10), [8, 3, 64, 64])),
            ("fashion",
                Compare("Fashion-MNIST network, 64 images of 28x28", new ResNetCifar(policy: NormPolicy.Batch()),
                    new HandwrittenResNetCifar(), [64, 1, 28, 28])),
        };
        Console.WriteLine(string.Join(" ", figures.Select(figure => Figure($"generated_over_handwritten_{figure.Name}", figure.Ratio))
            .Prepend(Figure("generated_over_handwritten", figures.Max(figure => figure.Ratio)))));
    }

    private static double Compare(string title, nn.Module<Tensor, Tensor> generated, nn.Module<Tensor, Tensor> handwritten, long[] shape)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using (no_grad())
        {
            foreach (var (from, to) in handwritten.parameters().Zip(generated.parameters()))
                to.copy_(from);
        }

        var images = randn(shape);
        var labels = randint(0, 10, [shape[0]], dtype: ScalarType.Int64);
        if (!Close(generated.call(images), handwritten.call(images)))
            throw new InvalidOperationException($"{title}: the two networks compute different things.");

        var times = Interleaved.Run(
            warmUp: 10, TimeSpan.FromSeconds(24), ("generated", () => Step(generated)), ("handwritten", () => Step(handwritten)));
        Console.WriteLine($"{title}, forward and backward, {get_num_threads()} threads");
        var native = times["handwritten"].Median;
        foreach (var (name, time) in times)
            Console.WriteLine($"  {name,-12} {time}  {time.Median / native:F3}");
        return times["generated"].Median / native;

        void Step(nn.Module<Tensor, Tensor> network)
        {
            using var step = NewDisposeScope();
            network.zero_grad();
            nn.functional.cross_entropy(network.call(images), labels).backward();
        }
    }

    private static bool Close(Tensor a, Tensor b) => a.allclose(b, rtol: 1e-3, atol: 1e-3);

    private static string Figure(string name, double value) => string.Create(CultureInfo.InvariantCulture, $"{name}: {value:F3}");
}
