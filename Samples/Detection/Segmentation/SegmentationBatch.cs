using System;
using System.Buffers;
using System.Linq;
using KnDsl.Training;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>Images of different sizes as one tensor, and the classes of their pixels. Who takes a batch disposes it.</summary>
internal sealed class SegmentationBatch(int count) : IReplacedItems, IDisposable
{
    private readonly (int Height, int Width, float[] Values, byte[] Labels)[] items = new (int, int, float[], byte[])[count];
    private Tensor? images;
    private Tensor? labels;

    /// <summary>[N, 3, H, W]: each image in the upper left corner, and zeros to the right of it and below.</summary>
    public Tensor Images => images ?? throw new InvalidOperationException("The batch is not complete.");

    /// <summary>[N, H, W]: classes, and 255 where there is no image or it does not count.</summary>
    public Tensor Labels => labels ?? throw new InvalidOperationException("The batch is not complete.");

    /// <inheritdoc/>
    public ReplacedItems Replaced { get; } = new(count);

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        images?.Dispose();
        labels?.Dispose();
    }

    /// <summary>Puts an image in. Any thread may; no tensor is made.</summary>
    public void Put(int place, SegmentationItem item)
    {
        // Of one image megabytes: new ones for each would be garbage of the whole heap's size within seconds.
        var length = 3 * item.Image.Height * item.Image.Width;
        var values = ArrayPool<float>.Shared.Rent(length);
        Normalize.ImageNet.Write(item.Image, values.AsSpan(0, length));
        items[place] = (item.Image.Height, item.Image.Width, values, item.Labels);
    }

    /// <summary>Makes tensors of what was put in.</summary>
    public void Complete(bool pinned)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (Padded(items.Max(item => item.Height)), Padded(items.Max(item => item.Width)));
        var batch = zeros([items.Length, 3, height, width]);
        var classes = full([items.Length, height, width], Held((long)SegmentationClasses.Ignored), ScalarType.Int64);
        for (var i = 0; i < items.Length; i++)
        {
            var item = items[i];
            batch[i].narrow(1, 0, item.Height).narrow(2, 0, item.Width).copy_(
                tensor(item.Values.AsMemory(0, 3 * item.Height * item.Width), [3, item.Height, item.Width]));
            ArrayPool<float>.Shared.Return(item.Values);
            classes[i].narrow(0, 0, item.Height).narrow(1, 0, item.Width).copy_(
                tensor(item.Labels, [item.Height, item.Width], ScalarType.Byte));
        }
        images = (pinned ? batch.pin_memory() : batch).DetachFromDisposeScope();
        labels = (pinned ? classes.pin_memory() : classes).DetachFromDisposeScope();
        Array.Clear(items);
    }

    private static int Padded(int length) =>
        (length + SegmentationNetwork.Stride - 1) / SegmentationNetwork.Stride * SegmentationNetwork.Stride;
}
