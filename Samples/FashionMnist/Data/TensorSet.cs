using System;
using static TorchSharp.torch;

namespace KnDsl.Samples.FashionMnist.Data;

/// <summary>Images as tensors on a device, scaled to mean 0 and deviation 1 of the training set.</summary>
internal sealed class TensorSet : IDisposable
{
    private readonly Tensor pixels;
    private readonly Tensor labels;
    private readonly double mean;
    private readonly double deviation;

    /// <summary>Copies images to a device.</summary>
    /// <param name="images">The images.</param>
    /// <param name="scale">Mean and deviation of the training set, see <see cref="MeasureScale"/>.</param>
    /// <param name="device">The device.</param>
    public TensorSet(ImageSet images, (double Mean, double Deviation) scale, Device device)
    {
        (mean, deviation) = scale;
        pixels = tensor(images.Pixels, [images.Count, images.Colors, images.Height, images.Width], ScalarType.Byte, device);
        labels = tensor(images.Labels, [images.Count], ScalarType.Byte, device).to_type(ScalarType.Int64, disposeAfter: true);
        Count = images.Count;
    }

    /// <summary>The number of images.</summary>
    public int Count { get; }

    /// <summary>Mean and standard deviation of all pixels, in [0, 1].</summary>
    public static (double Mean, double Deviation) MeasureScale(ImageSet images)
    {
        double sum = 0, squares = 0;
        foreach (var pixel in images.Pixels)
        {
            sum += pixel;
            squares += (double)pixel * pixel;
        }
        var mean = sum / images.Pixels.Length;
        var variance = squares / images.Pixels.Length - mean * mean;
        // Images of a single colour have no contrast to scale.
        return (mean / 255, variance > 0 ? Math.Sqrt(variance) / 255 : 1);
    }

    /// <summary>Some of the images, [n, colors, height, width] in float, and their classes, [n].</summary>
    /// <param name="indices">Their numbers, in the order in which they are wanted.</param>
    public (Tensor Images, Tensor Labels) Batch(ReadOnlySpan<long> indices)
    {
        using var scope = NewDisposeScope();
        var chosen = tensor(indices.ToArray(), device: pixels.device);
        var images = pixels.index_select(0, chosen).to_type(ScalarType.Float32).div_(255 * deviation).sub_(mean / deviation);
        return (scope.MoveToOuter(images), scope.MoveToOuter(labels.index_select(0, chosen)));
    }

    /// <summary>Images that follow each other, as <see cref="Batch(ReadOnlySpan{long})"/>.</summary>
    /// <param name="start">The first of them.</param>
    /// <param name="count">Their number.</param>
    public (Tensor Images, Tensor Labels) Batch(int start, int count)
    {
        var indices = new long[count];
        for (var i = 0; i < count; i++)
            indices[i] = start + i;
        return Batch(indices);
    }

    public void Dispose()
    {
        pixels.Dispose();
        labels.Dispose();
    }
}
