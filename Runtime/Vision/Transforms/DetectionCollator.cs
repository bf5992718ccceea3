using KnDsl.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// Puts images of different sizes, normalized, into batches that are as large as the largest of them, and their objects into tensors.
/// </summary>
/// <param name="normalize">How levels become values.</param>
/// <param name="multiple">Height and width of a batch are multiples of this: the stride of the coarsest level.</param>
/// <param name="device">The device that the batches are for: where it is CUDA, the memory of the images is pinned.</param>
public sealed class DetectionCollator(Normalize normalize, int multiple = 32, Device? device = null)
    : ICollator<DetectionItem, DetectionBatch>
{
    private readonly int multiple = (int)Setting.AtLeastOne(multiple);
    private readonly bool pinned = device?.type == DeviceType.CUDA;

    /// <inheritdoc/>
    public DetectionBatch Begin(int count) => new(count);

    /// <inheritdoc/>
    /// <exception cref="System.InvalidOperationException">
    /// Some objects have a mask and some none, or one of another size; a box has no area, or a label is below 0.
    /// </exception>
    public void Put(DetectionBatch batch, int place, DetectionItem item)
    {
        using (item)
            batch.Put(place, item, normalize);
    }

    /// <inheritdoc/>
    public void Complete(DetectionBatch batch) => batch.Complete(multiple, pinned);
}
