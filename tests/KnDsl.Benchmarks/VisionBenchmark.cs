using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using KnDsl.Vision;
using static TorchSharp.torch;

namespace KnDsl.Benchmarks;

/// <summary>
/// Non-maximum suppression of boxes as a detector proposes them and of boxes that hardly overlap, and roi_align of 512 boxes in both
/// passes. The least of the times is what the work itself takes where others use the machine too.
/// </summary>
internal static class VisionBenchmark
{
    public static void Run()
    {
        manual_seed(1);
        Console.WriteLine($"{get_num_threads()} threads of torch, {Environment.ProcessorCount} cores");
        var figures = new List<string>
        {
            Suppress("nms_1000", 1000, 20),
            Suppress("nms_10000", 10_000, 20),
            Suppress("nms_10000_apart", 10_000, 0.5),
            SuppressByClass(),
        };
        figures.AddRange(Pool());
        Console.WriteLine(string.Join(" ", figures));
    }

    private static string Suppress(string name, long count, double size)
    {
        var (boxes, scores) = (RandomBoxes(count, 1000, size), rand(count));
        return Measure(
            name, TimeSpan.FromSeconds(4), () => NonMaximumSuppression.Keep(boxes, scores, 0.5).Dispose(),
            $"{count} boxes, {Kept(boxes, scores)} kept");
    }

    private static long Kept(Tensor boxes, Tensor scores)
    {
        using var kept = NonMaximumSuppression.Keep(boxes, scores, 0.5);
        return kept.size(0);
    }

    private static string SuppressByClass()
    {
        var (boxes, scores, classes) = (RandomBoxes(10_000, 1000, 20), rand(10_000), randint(0, 80, 10_000, ScalarType.Int64));
        return Measure(
            "nms_10000_by_class", TimeSpan.FromSeconds(4),
            () => NonMaximumSuppression.KeepByClass(boxes, scores, classes, 0.5).Dispose(), "10000 boxes of 80 classes");
    }

    private static IEnumerable<string> Pool()
    {
        var input = randn(1, 256, 64, 64).requires_grad_();
        var boxes = RandomBoxes(512, 64, 12);
        var gradient = randn(512, 256, 7, 7);
        foreach (var ratio in new[] { 2, 0 })
        {
            var what = $"512 boxes of 7x7 from 256x64x64, sampling ratio {ratio}";
            yield return Measure(
                $"roi_align_forward_{ratio}", TimeSpan.FromSeconds(4), () =>
                {
                    using var noGrad = no_grad();
                    RoiAlign.Apply(input, [boxes], new(7, 7), 1, ratio).Dispose();
                },
                what + ", forward");
            yield return Measure(
                $"roi_align_{ratio}", TimeSpan.FromSeconds(8), () =>
                {
                    using var scope = NewDisposeScope();
                    RoiAlign.Apply(input, [boxes], new(7, 7), 1, ratio).backward([gradient]);
                },
                what + ", forward and backward");
        }
    }

    /// <summary>Boxes in a square, of sides around a size.</summary>
    private static Tensor RandomBoxes(long count, double square, double size)
    {
        using var scope = NewDisposeScope();
        var middles = rand(count, 2) * square;
        var halves = (rand(count, 2) + 0.2) * size;
        return cat([middles - halves, middles + halves], 1).clamp(0, square).MoveToOuterDisposeScope();
    }

    private static string Measure(string name, TimeSpan duration, Action action, string what)
    {
        for (var turn = 0; turn < 20; turn++)
            action();
        var times = new List<double>();
        for (var total = Stopwatch.StartNew(); total.Elapsed < duration;)
        {
            var start = Stopwatch.GetTimestamp();
            action();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        var least = times.Min();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {what}: least {least:F2} ms, {Timing.Of(times)}"));
        return string.Create(CultureInfo.InvariantCulture, $"{name}_ms: {least:F2}");
    }
}
