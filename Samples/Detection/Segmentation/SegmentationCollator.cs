using KnDsl.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>Puts images with the classes of their pixels into batches.</summary>
/// <param name="device">The device that the batches are for: where it is CUDA, their memory is pinned.</param>
internal sealed class SegmentationCollator(Device device) : ICollator<SegmentationItem, SegmentationBatch>
{
    /// <inheritdoc/>
    public SegmentationBatch Begin(int count) => new(count);

    /// <inheritdoc/>
    public void Put(SegmentationBatch batch, int place, SegmentationItem item)
    {
        using (item)
            batch.Put(place, item);
    }

    /// <inheritdoc/>
    public void Complete(SegmentationBatch batch) => batch.Complete(device.type == DeviceType.CUDA);
}
