using System;
using System.Linq;
using System.Numerics;
using static TorchSharp.torch;

namespace KnDsl.Benchmarks;

/// <summary>
/// The time that this machine's memory needs for maps of a size, on as many threads as torch uses: what a pass over them costs at least.
/// It is measured in the turns of what it is compared with, for maps that fit a cache too.
/// </summary>
internal sealed unsafe class MemoryTime(long[] shape)
{
    private readonly Tensor _a = randn(shape);
    private readonly Tensor _b = randn(shape);
    private readonly Tensor _c = empty(shape);
    private float _sum;

    /// <summary>What is timed: a read, a scale (read and write) and a triad (two reads and a write) of a map.</summary>
    public (string Name, Action Action)[] Candidates =>
        [("read", () => Run(Read)), ("scale", () => Run(Scale)), ("triad", () => Run(Triad))];

    /// <summary>
    /// A norm's forward and backward pass: the statistics read the map, normalizing scales it; the sums of the gradient read two maps,
    /// and the gradient is a triad. What comes after it, and moves no more, adds nothing.
    /// </summary>
    /// <param name="time">The time of a candidate.</param>
    /// <param name="adds">Whether a value is added: it and the output are read, and its gradient is written.</param>
    public static double OfTraining(Func<string, double> time, bool adds = false) =>
        time("read") + time("scale") + 2 * time("read") + time("triad") + (adds ? time("read") + time("scale") : 0);

    /// <summary>One pass with given statistics.</summary>
    public static double OfInference(Func<string, double> time) => time("scale");

    private void Run(Action<IntPtr, IntPtr, IntPtr, int> pass)
    {
        var (a, b, c) = ((IntPtr)NativeTensor.Pointer<float>(_a), (IntPtr)NativeTensor.Pointer<float>(_b),
            (IntPtr)NativeTensor.Pointer<float>(_c));
        var rows = checked((int)(shape[0] * shape[1]));
        var length = checked((int)shape.Skip(2).Aggregate(1L, (product, size) => product * size));
        ParallelLoop.Run(rows, _a.numel(), (from, to) =>
        {
            for (var row = from; row < to; row++)
            {
                var at = (IntPtr)((long)row * length * sizeof(float));
                pass(a + at, b + at, c + at, length);
            }
        });
    }

    private void Read(IntPtr a, IntPtr b, IntPtr c, int length)
    {
        var x = (float*)a;
        Vector<float> first = default, second = default;
        var i = 0;
        for (; i <= length - 2 * Vector<float>.Count; i += 2 * Vector<float>.Count)
        {
            first += Vector.Load(x + i);
            second += Vector.Load(x + i + Vector<float>.Count);
        }

        // Somebody has to want it.
        _sum = Vector.Sum(first + second);
    }

    private void Scale(IntPtr a, IntPtr b, IntPtr c, int length)
    {
        var factor = new Vector<float>(1.5f);
        for (var i = 0; i <= length - Vector<float>.Count; i += Vector<float>.Count)
            Vector.Store(Vector.Load((float*)a + i) * factor, (float*)c + i);
    }

    private void Triad(IntPtr a, IntPtr b, IntPtr c, int length)
    {
        var factor = new Vector<float>(1.5f);
        for (var i = 0; i <= length - Vector<float>.Count; i += Vector<float>.Count)
            Vector.Store(Vector.Load((float*)a + i) * factor + Vector.Load((float*)b + i), (float*)c + i);
    }
}
