using System;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// What a layer normalized was not finite: noted where the device works, there for the host without its waiting, and looked at when the
/// layer is called again.
/// </summary>
internal sealed class FiniteReport : IDisposable
{
    private Tensor? _found;
    private Tensor? _copy;

    /// <summary>Looks at what has arrived. It may be that of a pass before the last: nobody waits.</summary>
    /// <param name="layer">The layer's name, for the message.</param>
    /// <exception cref="NotFiniteNumberException">A value was not finite, in an earlier pass.</exception>
    public unsafe void Look(string layer)
    {
        if (_copy is null || *NativeTensor.Pointer<byte>(_copy) == 0)
            return;
        // Passes that are still queued may be of the same bad values: whoever mends them is not told once more.
        Synchronize();
        using (no_grad())
        {
            _copy.zero_();
            _found!.zero_();
        }

        throw FiniteValues.FoundBefore(layer);
    }

    /// <summary>Notes whether what a pass normalized was finite.</summary>
    /// <param name="finite">A boolean where the device works, [].</param>
    public void Note(Tensor finite)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Prepare(finite.device);
        _found!.logical_or_(finite.detach().logical_not());
        _copy!.copy_(_found, nonBlocking: true);
    }

    /// <summary>
    /// Where a kernel notes it itself: a boolean, [], in memory of the host to which the device can write, which stays true once it is.
    /// </summary>
    /// <param name="device">The device.</param>
    public Tensor Flag(Device device)
    {
        Prepare(device);
        return _copy!;
    }

    private void Prepare(Device device)
    {
        if (_found is not null && _copy is not null && _found.device.Equals(device))
            return;
        using var scope = NewDisposeScope();
        Dispose();
        _found = zeros([], ScalarType.Bool, device).DetachFromDisposeScope();
        var host = zeros([], ScalarType.Bool, CPU);
        _copy = (device.type == DeviceType.CUDA ? host.pin_memory() : host).DetachFromDisposeScope();
    }

    public void Dispose()
    {
        // A kernel that still waits to run would write into what is somebody else's memory then.
        Synchronize();
        _found?.Dispose();
        _copy?.Dispose();
        _found = _copy = null;
    }

    private void Synchronize()
    {
        if (_found is { device_type: DeviceType.CUDA, IsInvalid: false })
            cuda.synchronize(_found.device);
    }
}
