using System.Collections.Concurrent;
using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Booleans in memory of the host into which kernels of a CUDA device write. None is ever freed: a kernel that is still queued may write
/// into the flag of a layer that is gone. They are used again.
/// </summary>
internal static class HostFlags
{
    // A tensor that nobody holds is freed with the layer that had it, before or after the layer itself.
    private static readonly List<Tensor> All = [];

    private static readonly ConcurrentQueue<(Tensor Flag, Device Writer)> Free = [];

    /// <summary>A flag that is false, [], which belongs to the caller until <see cref="Return"/>.</summary>
    public static Tensor Take()
    {
        using var noGrad = no_grad();
        if (Free.TryDequeue(out var free))
        {
            DevicePath.Synchronize(free.Writer);
            // What zero_ returns is another handle, which ends with the caller's scope.
            free.Flag.zero_();
            return free.Flag;
        }

        using var scope = NewDisposeScope();
        var flag = zeros([], ScalarType.Bool, CPU).pin_memory().DetachFromDisposeScope();
        lock (All)
            All.Add(flag);
        return flag;
    }

    /// <summary>Gives a flag back.</summary>
    /// <param name="flag">The flag.</param>
    /// <param name="writer">The device whose kernels may still write into it.</param>
    public static void Return(Tensor flag, Device writer) => Free.Enqueue((flag, writer));
}
