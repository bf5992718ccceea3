using System;
using TorchSharp;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// What a layer normalized was not finite: noted where the device works, there for the host without its waiting, and looked at when the
/// layer is called again.
/// </summary>
internal sealed class FiniteReport : IDisposable
{
    private Device? _device;
    private Tensor? _found;
    private Tensor? _copy;

    // The tensors of the report are finalized by themselves, in any order.
    ~FiniteReport() => ReturnFlag();

    /// <summary>
    /// Whether a report of an earlier pass has arrived, which is forgotten then. It may be that of a pass before the last: nobody waits.
    /// </summary>
    public bool TakeFound()
    {
        if (!HasArrived())
            return false;
        // Passes that are still queued may be of the same bad values: whoever mends them is not told once more.
        DevicePath.Synchronize(_device!);
        using var noGrad = no_grad();
        _copy!.zero_();
        _found!.zero_();
        return true;
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

    private unsafe bool HasArrived() => _copy is not null && *NativeTensor.Pointer<byte>(_copy) != 0;

    private void Prepare(Device device)
    {
        if (_device is not null && DevicePath.AreTogether(_device, device))
            return;
        // The layer has moved: what the device before has yet to say is heard.
        if (_device is not null)
            DevicePath.Synchronize(_device);
        var found = HasArrived();
        Release();

        using var scope = NewDisposeScope();
        // Whoever asks first may be in inference mode, and what is made there can hardly be written later.
        using var ordinary = inference_mode(false);
        using var noGrad = no_grad();
        _found = zeros([], ScalarType.Bool, device).DetachFromDisposeScope();
        _copy = device.type == DeviceType.CUDA ? HostFlags.Take() : zeros([], ScalarType.Bool, CPU).DetachFromDisposeScope();
        _device = device;
        if (found)
        {
            _found.fill_(One);
            _copy.fill_(One);
        }
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        if (!ReturnFlag())
            _copy?.Dispose();
        _found?.Dispose();
        (_device, _found, _copy) = (null, null, null);
    }

    /// <summary>Gives back what kernels may still write into; false where there is nothing of that kind.</summary>
    private bool ReturnFlag()
    {
        if (_device?.type != DeviceType.CUDA)
            return false;
        HostFlags.Return(_copy!, _device);
        return true;
    }
}
