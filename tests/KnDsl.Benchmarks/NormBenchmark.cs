using System;
using System.Collections.Generic;
using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl.Benchmarks;

/// <summary>
/// A layer of each policy against the native layer that computes the same, or the same without a filter: alone, and with what comes after
/// it in most networks. On the same tensors in the same run; beside each time, its ratio to the native one and to what memory needs.
/// </summary>
internal static class NormBenchmark
{
    // The last does not fit the last cache of most processors.
    private static readonly long[][] Shapes =
        [[32, 64, 32, 32], [8, 256, 28, 28], [2, 64, 56, 56], [2, 64, 14, 14], [32, 64, 112, 112]];

    private sealed record Rival(
        string Name, Func<long, nn.Module<Tensor, Tensor>> Native, NormPolicy Plain, NormPolicy Kalman, bool IsPerSample);

    /// <summary>How long a comparison runs where nobody says it.</summary>
    public static TimeSpan Usual { get; } = TimeSpan.FromSeconds(3);

    private static readonly Rival[] Rivals =
    [
        new("bn", channels => nn.BatchNorm2d(channels), NormPolicy.Batch(), NormPolicy.Kalman(), IsPerSample: false),
        new("gn", channels => nn.GroupNorm(32, channels), NormPolicy.Group(32), NormPolicy.GroupKalman(32), IsPerSample: true),
        new("ln", channels => nn.GroupNorm(1, channels), NormPolicy.Layer(), NormPolicy.LayerKalman(), IsPerSample: true),
        new("in", channels => nn.InstanceNorm2d(channels, affine: true), NormPolicy.Instance(), NormPolicy.InstanceKalman(),
            IsPerSample: true),
    ];

    /// <param name="device">Where the layers run. On another than the CPU, memory's time is not measured.</param>
    /// <param name="duration">How long each comparison runs.</param>
    public static void Run(Device device, TimeSpan duration)
    {
        var figures = new List<string>();
        foreach (var shape in Shapes)
        {
            Console.WriteLine($"{string.Join("x", shape)}, {Machine.Describe(device)}");
            foreach (var rival in Rivals)
                figures.AddRange(Compare(shape, rival, device, duration));
        }

        Console.WriteLine(string.Join(" ", figures));
    }

    private static List<string> Compare(long[] shape, Rival rival, Device device, TimeSpan duration)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var channels = shape[1];
        using var native = rival.Native(channels).to(device);
        using var plain = rival.Plain.Create(channels, device);
        using var kalman = rival.Kalman.Create(channels, device);
        using var before = rival.Kalman.Create(channels, device);
        var x = randn(shape, device: device).requires_grad_();
        var shortcut = randn(shape, device: device).requires_grad_();
        var gradient = randn(shape, device: device);
        var memory = device.type == DeviceType.CPU ? new MemoryTime(shape) : null;

        // The prior of a real chain: the state that a layer before emits, so that its gradient is part of the cost.
        var (_, state, _) = before.forward(randn(shape, device: device), null);
        var relu = new Epilogue(Activation.Relu);
        var joined = new Epilogue(Activation.Relu, shortcut);
        var figures = new List<string>();
        var name = $"{rival.Name}_{string.Join("x", shape)}";

        List<(string, Action)> alone =
        [
            ("native", () => Step(() => native.call(x))),
            ("plain", () => Step(() => plain.call(x))),
            ("Kalman", () => Step(() => kalman.call(x, state).output)),
        ];
        if (rival.Name == "bn")
        {
            var (weight, bias) = (kalman.get_parameter("weight")!, kalman.get_parameter("bias")!);
            alone.Add(("composed", () => Step(() => ComposedKalman.Of(x, weight, bias, bias, weight.square()))));
        }

        Report("forward and backward", "", times => MemoryTime.OfTraining(times), [.. alone]);
        if (!rival.IsPerSample)
        {
            Report("with relu after it", "_relu", times => MemoryTime.OfTraining(times),
                ("native", () => Step(() => nn.functional.relu(native.call(x)))),
                ("plain", () => Step(() => plain.call(x, relu))),
                ("Kalman", () => Step(() => kalman.call(x, state, relu).output)));
            Report("with + shortcut -> relu after it", "_join", times => MemoryTime.OfTraining(times, adds: true),
                ("native", () => Step(() => nn.functional.relu(native.call(x) + shortcut))),
                ("plain", () => Step(() => plain.call(x, joined))),
                ("Kalman", () => Step(() => kalman.call(x, state, joined).output)));
        }

        foreach (var layer in new[] { native, plain, kalman })
            layer.eval();
        Report("inference", "_inference", MemoryTime.OfInference,
            ("native", () => Infer(() => native.call(x))),
            ("plain", () => Infer(() => plain.call(x))),
            ("Kalman", () => Infer(() => kalman.call(x))));
        return figures;

        void Report(
            string what, string suffix, Func<Func<string, double>, double> ofMemory, params (string Name, Action Action)[] candidates)
        {
            var times = Interleaved.Run(
                warmUp: 20, duration, device, [.. candidates, .. memory?.Candidates ?? []]);
            Console.WriteLine($"  {rival.Kalman}, {what}");
            var needed = memory is null ? double.NaN : ofMemory(pass => times[pass].Median);
            foreach (var (candidate, _) in candidates)
            {
                var ratio = times[candidate].Median / times["native"].Median;
                var ofNeeded = memory is null ? ""
                    : string.Create(CultureInfo.InvariantCulture, $"  of memory's time {times[candidate].Median / needed:F2}");
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"    {candidate,-8} {times[candidate]}  {ratio:F3}{ofNeeded}"));
                if (candidate is "plain" or "Kalman")
                {
                    figures.Add(string.Create(
                        CultureInfo.InvariantCulture, $"{candidate.ToLowerInvariant()}_over_{name}{suffix}: {ratio:F3}"));
                }
            }
        }

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
