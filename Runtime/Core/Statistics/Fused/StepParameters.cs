using System;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>What the kernels of Step.cu are given: its structure <c>Step</c>, field by field.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct StepParameters
{
    // Outputs that a thread of the backward pass takes, and how many such parts there are at most.
    private const long OutputsOfPart = 32;
    private const long MostParts = 64;

    public long Rows, Inputs, Outputs, Groups, Taps;
    public nint Mean, Variance;
    public long Scaled, Rectified;
    public nint Spread;
    public double Factor;
    public nint Weight, Bias;
    public nint Shares, Covariance;
    public nint Moments, OutMean, OutVariance;
    public nint TapMeans;
    public nint Gm, Gv, Factors;
    public nint Partial;
    public nint Dweight, Dmean, Dvariance;
    public long Splits, Adds, Lanes;

    /// <param name="shape">The sizes.</param>
    /// <param name="source">The state before.</param>
    /// <param name="spread">The spread of its form, where the device knows it.</param>
    /// <param name="weight">The weight.</param>
    /// <param name="seen">Where the taps meet the input; null is everywhere.</param>
    /// <param name="moments">[2, rows, inputs]: for the moments after the ReLU.</param>
    /// <param name="tapMeans">[rows, outputs, taps] in 64 bits: for the means that single taps pass; null where they do not matter.</param>
    /// <param name="threads">The threads of a block.</param>
    public StepParameters(
        FusedStepShape shape, MomentSource source, Tensor? spread, Tensor weight, SeenTaps? seen, Tensor moments, Tensor? tapMeans,
        int threads)
    {
        (Rows, Inputs, Outputs, Groups, Taps) = (shape.Rows, shape.Inputs, shape.Outputs, shape.Groups, shape.Taps);
        (Mean, Variance, Weight) = (NativeTensor.Address(source.Mean), NativeTensor.Address(source.Variance), NativeTensor.Address(weight));
        (Scaled, Rectified) = (source.Form.IsScale ? 1 : 0, source.Form.Rectified ? 1 : 0);
        (Spread, Factor) = (NativeTensor.Address(spread), source.Form.Spread ?? 0);
        if (seen is not null)
        {
            var (shares, covariance) = seen.On(weight.device);
            (Shares, Covariance) = (NativeTensor.Address(shares), NativeTensor.Address(covariance));
        }

        (Moments, TapMeans) = (NativeTensor.Address(moments), NativeTensor.Address(tapMeans));
        Splits = Math.Clamp(shape.Outputs / shape.Groups / OutputsOfPart, 1, Math.Max(1, MostParts / shape.Rows));
        // The lanes of a tap: enough taps at a time that all are done at once, where that leaves work for the lanes.
        Lanes = threads;
        while (Lanes > 1 && (threads / Lanes < shape.Taps || Lanes >= 2 * shape.GroupInputs))
            Lanes /= 2;
    }
}
