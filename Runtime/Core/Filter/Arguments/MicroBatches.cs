using System;
using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Splits a batch into micro-batches without copying it. Of a batch of n*S contiguous samples, seen as
/// [n, S*C, ...], sample j*S + s belongs to micro-batch s, so that every native kernel for [N, C, ...] works on S*C
/// channels. Samples that are left over form a last, smaller micro-batch.
/// </summary>
internal readonly record struct MicroBatches(long Samples, long Size)
{
    /// <summary>The micro-batches of a value.</summary>
    /// <param name="samples">Samples of the batch, at least 1.</param>
    /// <param name="microbatch">Samples of a micro-batch; null is the whole batch.</param>
    public static MicroBatches Split(long samples, int? microbatch) => new(samples, Math.Min(microbatch ?? samples, samples));

    /// <summary>Micro-batches of full size.</summary>
    public long Full { get; } = Samples / Size;

    /// <summary>Samples left over, which form one more micro-batch; 0 where the size divides the batch.</summary>
    public long Rest { get; } = Samples % Size;

    /// <summary>All micro-batches.</summary>
    public long Count => Full + (Rest > 0 ? 1 : 0);

    /// <summary>Demands that every statistic of a value, [N, C, ...], is taken of more than one number.</summary>
    /// <param name="value">The value.</param>
    /// <param name="groupSize">Channels that share a statistic.</param>
    /// <exception cref="ArgumentException">One is not.</exception>
    public void CheckCount(Tensor value, long groupSize = 1)
    {
        var smallest = Rest > 0 ? Rest : Size;
        if (value.numel() / (value.size(0) * value.size(1)) * smallest * groupSize == 1)
        {
            throw new ArgumentException(
                "Expected more than 1 value per channel when training without a prior, got a value of shape " +
                $"[{string.Join(", ", value.shape)}] {Describe()}. Give it more samples, or maps of more than one position, or take the "
                + "policy groupkalman or layerkalman, which need no other sample.");
        }
    }

    private string Describe() => Rest > 0 ? $"in micro-batches of {Size}, of which the last has {Rest}"
        : Count == 1 ? $"as one micro-batch of {Size}"
        : $"in micro-batches of {Size}";

    /// <summary>
    /// The parts of the batch that are normalized at once: the full micro-batches, and the rest where there is one.
    /// </summary>
    public IEnumerable<Part> Parts()
    {
        yield return new Part(FirstSample: 0, Samples: Full * Size, FirstMicroBatch: 0, Count: Full);
        if (Rest > 0)
            yield return new Part(Full * Size, Rest, FirstMicroBatch: Full, Count: 1);
    }

    /// <summary>The results of the parts, one after another; nothing is copied where there is one part.</summary>
    public static Tensor Join(IReadOnlyList<Tensor> parts) => parts.Count == 1 ? parts[0] : cat([.. parts]);

    /// <summary>Samples of the batch that are normalized at once, in micro-batches of one size.</summary>
    internal readonly record struct Part(long FirstSample, long Samples, long FirstMicroBatch, long Count)
    {
        /// <summary>Samples of each micro-batch.</summary>
        public long Size => Samples / Count;

        /// <summary>The part of a batch, [N, C, ...], seen as [Size, Count*C, ...].</summary>
        public Tensor View(Tensor batch)
        {
            var part = Samples == batch.size(0) ? batch.alias() : batch.narrow(0, FirstSample, Samples);
            if (Count == 1)
                return part;

            // A contiguous batch is only viewed differently; any other layout (channels last) is copied here.
            var shape = part.shape;
            shape[0] = Size;
            shape[1] *= Count;
            return part.reshape(shape);
        }

        /// <summary>The rows of a state, [g, C], that belong to the part; a state of one row belongs to all.</summary>
        public Tensor Rows(Tensor state) =>
            state.size(0) == 1 || state.size(0) == Count ? state : state.narrow(0, FirstMicroBatch, Count);
    }
}
