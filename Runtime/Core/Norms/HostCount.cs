using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// A counter that lives on a device, as the host knows it: it asks the device once, counts along, and asks again where somebody else has
/// written the counter, who loads weights for instance.
/// </summary>
internal sealed class HostCount
{
    // Tensors of inference_mode have no version.
    private static readonly CompiledScript Compiled = new("""
        def version(x: Tensor) -> int:
            return -1 if x.is_inference() else x._version()
        """);

    private Tensor? _counter;
    private long _version;
    private long _count;

    /// <summary>The number of a counter.</summary>
    /// <param name="counter">One 64-bit integer.</param>
    public unsafe long Of(Tensor counter)
    {
        // On a CPU the number is read where it is: item costs as much as a small kernel.
        if (!DevicePath.IsTaken(counter))
            return *NativeTensor.Pointer<long>(counter);
        var version = Compiled.Number("version", counter);
        if (!ReferenceEquals(counter, _counter) || version < 0 || version != _version)
        {
            _count = DevicePath.Read<long>(counter);
            Know(counter);
        }

        return _count;
    }

    /// <summary>The layer itself has counted one more.</summary>
    /// <param name="counter">The counter, after that.</param>
    public void CountOne(Tensor counter)
    {
        if (!DevicePath.IsTaken(counter))
            return;
        _count++;
        Know(counter);
    }

    private void Know(Tensor counter) => (_counter, _version) = (counter, Compiled.Number("version", counter));
}
