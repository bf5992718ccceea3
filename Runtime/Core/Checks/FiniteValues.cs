using System;
using System.Globalization;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>The errors for values whose statistics are not finite.</summary>
internal static class FiniteValues
{
    /// <summary>What messages call the statistic of a channel of a micro-batch.</summary>
    public const string OfMicroBatch = "channel {0} of micro-batch {1}";

    /// <summary>Whether all statistics are finite: a boolean where they are, [].</summary>
    public static Tensor AreAll(Tensor means, Tensor variances) => Sum(means, variances).detach().isfinite().all();

    /// <summary>Demands that a value is finite.</summary>
    /// <param name="value">[n, M * C, ...]: micro-batches side by side as channels.</param>
    /// <param name="microBatches">The number of micro-batches.</param>
    /// <param name="place">What the message calls a channel and its micro-batch.</param>
    /// <exception cref="NotFiniteNumberException">It is not.</exception>
    public static void Check(Tensor value, long microBatches, string place = OfMicroBatch)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var bad = value.isfinite().logical_not().transpose(0, 1).flatten(1).any(1, false);
        if (!DevicePath.Read<bool>(bad.any()))
            return;

        var first = DevicePath.Read<long>(bad.to(ScalarType.Int32).argmax());
        var channels = value.size(1) / microBatches;
        throw Found(first % channels, first / channels, place);
    }

    /// <summary>A value holds NaN or infinity in a channel, or group of channels, of a micro-batch or sample.</summary>
    public static NotFiniteNumberException Found(long channel, long microBatch, string place) =>
        Found(string.Format(CultureInfo.InvariantCulture, place, channel, microBatch));

    /// <summary>A value holds NaN or infinity.</summary>
    /// <param name="where">Where in it.</param>
    public static NotFiniteNumberException Found(string where) =>
        new($"A value to be normalized is not finite: {where} holds NaN or infinity. {Updated}");

    /// <summary>A device has reported it, after the pass.</summary>
    /// <param name="layer">The layer that normalized it.</param>
    public static NotFiniteNumberException FoundBefore(string layer) =>
        new($"A value that {layer} normalized in an earlier pass is not finite, or its variance is not: the device reports it after that "
            + "pass. The running averages of the layer were not updated.");

    /// <summary>All are finite, but not the squares of their deviations, even in 64 bits.</summary>
    public static NotFiniteNumberException TooLarge() =>
        new("A value to be normalized is too large: its variance is beyond 64 bits. " + Updated);

    /// <summary>A layer knows of itself only: the pass through a network has come by others already.</summary>
    private const string Updated =
        "The running averages of this layer were not updated; those of layers that came before it in this pass were.";
}
