using System;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>Puts images of one size, normalized, into batches.</summary>
/// <param name="height">Rows of each image.</param>
/// <param name="width">Pixels in a row of each image.</param>
/// <param name="normalize">How levels become values.</param>
/// <param name="device">The device that the batches are for: where it is CUDA, their memory is pinned.</param>
public sealed class ImageCollator(int height, int width, Normalize normalize, Device? device = null) : ICollator<LabelledImage, ImageBatch>
{
    private const int Channels = 3;

    private readonly int height = (int)Setting.AtLeastOne(height);
    private readonly int width = (int)Setting.AtLeastOne(width);
    private readonly bool pinned = device?.type == DeviceType.CUDA;

    /// <inheritdoc/>
    public ImageBatch Begin(int count) => new(count, height, width, pinned);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The image has another size.</exception>
    public unsafe void Put(ImageBatch batch, int place, LabelledImage item)
    {
        using var image = item.Image;
        if (image.Width != width || image.Height != height)
        {
            throw new InvalidOperationException($"the image has {image.Width} x {image.Height} pixels after the transform, "
                + $"but the batch takes {width} x {height}: end the transform with a crop or a resize to one size");
        }
        var values = Channels * height * width;
        normalize.Write(image, new((float*)batch.ImagesAt + (long)place * values, values));
        ((long*)batch.LabelsAt)[place] = item.Label;
        batch.SetName(place, item.Name);
    }

    /// <summary>Does nothing: the tensors hold the values already.</summary>
    /// <param name="batch">The batch.</param>
    public void Complete(ImageBatch batch) { }
}
