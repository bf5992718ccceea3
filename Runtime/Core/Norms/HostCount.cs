using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// A counter that lives on a device, as the host knows it: it asks the device once, counts along, and asks again where somebody else has
/// written the counter, who loads weights for instance.
/// </summary>
internal sealed class HostCount
{
    private Tensor? _counter;
    private long _version;
    private long _count;

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
        if (!ReferenceEquals(counter, _counter) || version < 0 || version != _version)
            (_counter, _version, _count) = (counter, version, DevicePath.Read<long>(counter));
        return _count;
    }

    /// <summary>The layer itself has counted one more.</summary>
    /// <param name="counter">The counter, after that.</param>
    public void CountOne(Tensor counter)
    {
        if (!DevicePath.IsTaken(counter))
            return;
        (_counter, _version) = (counter, TensorVersion.Of(counter));
        _count++;
    }
}
