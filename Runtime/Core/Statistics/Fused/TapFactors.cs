using System;
using System.Numerics;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The contribution of a kernel's elements to the means' gradient, per row, output channel and tap. The factors repeat after a
/// period, and further still, so that a vector of them can be loaded from any tap on.
/// </summary>
internal sealed unsafe class TapFactors<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly PooledArray<T> _factors;
    private readonly long _outputs;

    /// <inheritdoc cref="FusedStepGradient{T}(FusedStepShape, MomentSource, SeenTaps, Tensor, Tensor, Tensor)"/>
    public TapFactors(FusedStepShape shape, SeenTaps? seen, Tensor? tapMeans, Tensor gm, Tensor gv)
    {
        // Where every tap meets the input everywhere, one factor serves them all.
        Period = seen is null ? 1 : (int)shape.Taps;
        Length = Period + Vector<T>.Count - 1;
        _outputs = shape.Outputs;
        _factors = new(checked((int)(shape.Rows * shape.Outputs * Length)));
        var meanGradients = NativeTensor.Pointer<T>(gm);
        var varianceGradients = NativeTensor.Pointer<T>(gv);
        var means = tapMeans is null ? null : NativeTensor.Pointer<T>(tapMeans);
        var perTap = new double[Period];
        for (var at = 0; at < shape.Rows * shape.Outputs; at++)
        {
            var factors = _factors.Span.Slice(at * Length, Length);
            if (seen is null)
            {
                factors.Fill(meanGradients[at]);
                continue;
            }

            var (meanGradient, varianceGradient) = (
                double.CreateTruncating(meanGradients[at]), double.CreateTruncating(varianceGradients[at]));
            for (var tap = 0; tap < Period; tap++)
                perTap[tap] = double.CreateTruncating(means[at * Period + tap]);
            for (var tap = 0; tap < Period; tap++)
            {
                factors[tap] = T.CreateTruncating(
                    meanGradient * seen.Shares[tap] + 2 * varianceGradient * seen.CovarianceWith(tap, perTap));
            }

            for (var repeated = Period; repeated < Length; repeated++)
                factors[repeated] = factors[repeated - Period];
        }
    }

    /// <summary>Elements after which the factors repeat.</summary>
    public int Period { get; }

    /// <summary>How far the factors of two output channels are apart.</summary>
    public int Length { get; }

    /// <summary>The factors of a row's output channel, from its first tap on.</summary>
    public ReadOnlySpan<T> Row(int row, int output) =>
        _factors.Span.Slice((int)(row * _outputs + output) * Length, Length);

    public void Dispose() => _factors.Dispose();
}
