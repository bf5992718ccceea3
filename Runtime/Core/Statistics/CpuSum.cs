using System;
using System.Numerics;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>The moments of a value or a sum on a CPU: one loop each way. Sum.cu is the same for a device.</summary>
internal sealed unsafe class CpuSum<T>(long[][] shapes, int sign) : SumNode(shapes, sign)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private protected override void Compute(MomentSource[] sources, Moments outputs, Tensor? slopes)
    {
        var (rows, channels) = (outputs.Rows, outputs.Channels);
        var means = NativeTensor.Pointer<T>(outputs.Mean);
        var variances = NativeTensor.Pointer<T>(outputs.Variance);
        var derivatives = slopes is null ? null : NativeTensor.Pointer<T>(slopes);
        var first = new Summand(sources[0]);
        var second = sources.Length > 1 ? new Summand(sources[1]) : default;
        var others = derivatives is null ? null : derivatives + Slopes * first.Length;
        ParallelLoop.Run((int)channels, rows * channels * (first.Cost + second.Cost), (from, to) =>
        {
            for (long channel = from; channel < to; channel++)
            {
                (double Mean, double Variance) one = default, other = default;
                for (long row = 0; row < rows; row++)
                {
                    // A value of one row has it in all rows.
                    if (row < first.Rows)
                        one = first.At(row * channels + channel, derivatives);
                    if (row < second.Rows)
                        other = second.At(row * channels + channel, others);
                    means[row * channels + channel] = Saturate.To<T>(one.Mean + Sign * other.Mean);
                    variances[row * channels + channel] = Saturate.To<T>(one.Variance + other.Variance);
                }
            }
        });
        NativeTensor.Keep(outputs.Mean, outputs.Variance, slopes);
        GC.KeepAlive(sources);
    }

    private protected override void Propagate(Tensor slopes, Tensor? gm, Tensor? gv, MomentSource[] results)
    {
        var by = NativeTensor.Pointer<T>(slopes);
        var ofMean = gm is null ? null : NativeTensor.Pointer<T>(gm);
        var ofVariance = gv is null ? null : NativeTensor.Pointer<T>(gv);
        var given = (gm ?? gv)!;
        var (rows, channels) = (given.size(0), given.size(1));
        for (var source = 0; source < results.Length; source++)
        {
            var means = NativeTensor.Pointer<T>(results[source].Mean);
            var variances = NativeTensor.Pointer<T>(results[source].Variance);
            var length = results[source].Rows * channels;
            for (long at = 0; at < length; at++)
            {
                double m = 0, v = 0;
                for (var row = at; row < rows * channels; row += length)
                {
                    m += ofMean is null ? 0 : double.CreateTruncating(ofMean[row]);
                    v += ofVariance is null ? 0 : double.CreateTruncating(ofVariance[row]);
                }

                m *= source == 0 ? 1 : Sign;
                means[at] = T.CreateTruncating(m * Slope(0) + v * Slope(2));
                variances[at] = T.CreateTruncating(m * Slope(1) + v * Slope(3));

                double Slope(int of) => double.CreateTruncating(by[of * length + at]);
            }

            by += Slopes * length;
        }

        NativeTensor.Keep(slopes, gm, gv);
        GC.KeepAlive(results);
    }

    /// <summary>What a source holds.</summary>
    private readonly struct Summand(MomentSource source)
    {
        // What an element costs, in elements that are read and added.
        private const long Plain = 4, OfRelu = 60;

        private readonly T* _means = NativeTensor.Pointer<T>(source.Mean);
        private readonly T* _variances = NativeTensor.Pointer<T>(source.Variance);
        private readonly MomentForm _form = source.Form;

        public long Rows { get; } = source.Rows;

        public long Length { get; } = source.Mean.numel();

        public long Cost { get; } = source.Form.Rectified ? OfRelu : Plain;

        /// <summary>The moments of an element, whose derivatives by what is held are written where they are wanted.</summary>
        public (double Mean, double Variance) At(long at, T* slopes)
        {
            var (mean, held) = (double.CreateTruncating(_means[at]), double.CreateTruncating(_variances[at]));
            var variance = _form.Variance(held);
            var moments = _form.Rectified ? Normal.Rectify(mean, variance) : new(mean, variance, 1, 0, 0, 1);
            if (slopes is not null)
            {
                var slope = _form.VarianceSlope(held);
                slopes[at] = T.CreateTruncating(moments.MeanByMean);
                slopes[Length + at] = T.CreateTruncating(moments.MeanByVariance * slope);
                slopes[2 * Length + at] = T.CreateTruncating(moments.VarianceByMean);
                slopes[3 * Length + at] = T.CreateTruncating(moments.VarianceByVariance * slope);
            }

            return (moments.Mean, moments.Variance);
        }
    }
}
