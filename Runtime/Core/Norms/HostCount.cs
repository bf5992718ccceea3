using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// A counter that lives on a device, as the host knows it: it asks the device once, counts along, and asks again where somebody else has
/// written the counter, who loads weights for instance.
/// </summary>
internal sealed class HostCount
{
    // One object: several threads may ask in inference.
    private volatile Known? _known;

    /// <summary>The number of a counter.</summary>
    /// <param name="counter">One 64-bit integer; one of another type, that somebody gave to a layer, is read as one.</param>
    public unsafe long Of(Tensor counter)
    {
        if (counter.dtype != ScalarType.Int64)
        {
            using var whole = counter.to(ScalarType.Int64);
            return DevicePath.Read<long>(whole);
        }

        // On a CPU the number is read where it is: item costs as much as a small kernel.
        if (!DevicePath.IsTaken(counter))
            return *NativeTensor.Pointer<long>(counter);
        var version = TensorVersion.Of(counter);
        if (_known is not { } known || !ReferenceEquals(counter, known.Counter) || version < 0 || version != known.Version)
            _known = known = new(counter, version, DevicePath.Read<long>(counter));
        return known.Count;
    }

    /// <summary>The layer itself has counted one more.</summary>
    /// <param name="counter">The counter, after that.</param>
    public void CountOne(Tensor counter)
    {
        if (DevicePath.IsTaken(counter) && _known is { } known && ReferenceEquals(counter, known.Counter))
            _known = new(counter, TensorVersion.Of(counter), known.Count + 1);
    }

    /// <summary>What was counted along may not be so: the next who asks, asks the device.</summary>
    public void Forget() => _known = null;

    private sealed record Known(Tensor Counter, long Version, long Count);
}
