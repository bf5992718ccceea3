using System;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>Images and labels as a network takes them. Who takes a batch disposes it; no dispose scope does.</summary>
public sealed class ImageBatch : IReplacedItems, IDisposable
{
    private readonly string[] names;

    internal ImageBatch(int count, int height, int width, bool pinned)
    {
        Images = Allocate([count, 3, height, width], ScalarType.Float32, pinned);
        Labels = Allocate([count], ScalarType.Int64, pinned);
        (names, Replaced) = (new string[count], new(count));
        unsafe
        {
            fixed (byte* start = Images.bytes)
                ImagesAt = (nint)start;
            fixed (byte* start = Labels.bytes)
                LabelsAt = (nint)start;
        }
    }

    /// <summary>The images: count x 3 x height x width values of 32 bits on the CPU, pinned where a GPU is to take them.</summary>
    public Tensor Images { get; }

    /// <summary>The classes: count numbers of 64 bits, on the CPU.</summary>
    public Tensor Labels { get; }

    /// <summary>The files of the images, in their order.</summary>
    public ReadOnlySpan<string> Names => names;

    /// <summary>The first value of the images. Reading threads write there: they may not call torch.</summary>
    internal nint ImagesAt { get; }

    /// <summary>The first label.</summary>
    internal nint LabelsAt { get; }

    /// <inheritdoc/>
    public ReplacedItems Replaced { get; }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
    }

    internal void SetName(int place, string name) => names[place] = name;

    /// <summary>A tensor that outlives the scope that is open: batches are made long before they are used.</summary>
    private static Tensor Allocate(long[] shape, ScalarType type, bool pinned)
    {
        var plain = empty(shape, type, CPU).DetachFromDisposeScope();
        if (!pinned)
            return plain;
        using (plain)
            return plain.pin_memory().DetachFromDisposeScope();
    }
}
