using System;
using System.Numerics;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>What the kernels of Filter.cu are given: its structure <c>Filter</c>, field by field.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FilterParameters
{
    /// <summary>Sizes of <c>work</c>: its parts, one number a statistic each.</summary>
    private const long Parts = 12;

    /// <summary>Forms of a prior; 0 is none.</summary>
    private const long PriorIsMoments = 1, PriorIsScaleAndSpread = 2;

    public long Channels, Positions, GroupSize, Full, Size, Rest;
    public long Together, TogetherInRow, Lanes, Splits;
    public nint X, Weight, Bias;
    public long PriorForm, PriorRows, PriorChannels;
    public nint PriorMean, PriorVariance;
    public nint PriorSpread;
    public double PriorFactor;
    public nint GainMean, GainVariance;
    public long GainRows, GainColumns;
    public double MeanGain, MeanGainOfRest, VarianceGain, VarianceGainOfRest, LeastShare, LeastShareOfRest;
    public double Eps, NoVariance;
    public long Averaged;
    public nint Work;
    public nint M, V;
    public nint Spread;
    public nint RunningMean, RunningVariance;
    public nint RunningCount;
    public double Momentum;
    public nint Found;
    public nint Y, Addend;
    public long Activation;

    /// <summary>Those that arguments say; memory for results is still to be given.</summary>
    /// <param name="arguments">The arguments of the filter.</param>
    /// <param name="layout">The layout of the value.</param>
    /// <param name="threads">The threads of a block.</param>
    public FilterParameters(FilterArguments arguments, Layout layout, int threads)
    {
        var (batches, settings, gains) = (layout.Batches, arguments.Settings, arguments.Gains);
        (Channels, Positions, GroupSize) = (layout.Channels, layout.Positions, layout.GroupSize);
        (Full, Size, Rest) = (batches.Full, batches.Size, batches.Rest);
        var isAligned = IsAligned(arguments.Input) && (arguments.Epilogue.Addend is not { } addend || IsAligned(addend));
        Together = isAligned && layout.RowLength % 4 == 0 ? 4 : 1;
        TogetherInRow = isAligned && layout.Positions % 4 == 0 ? 4 : 1;
        (Lanes, Splits) = Share(batches.Size * layout.RowLength / Together, layout.Statistics, threads);
        X = NativeTensor.Address(arguments.Input);
        (Weight, Bias) = (NativeTensor.Address(arguments.Weight), NativeTensor.Address(arguments.Bias));
        if (arguments.Prior is { } prior)
        {
            PriorForm = prior.Form.IsScale ? PriorIsScaleAndSpread : PriorIsMoments;
            (PriorRows, PriorChannels) = (prior.Rows, prior.Channels);
            (PriorMean, PriorVariance) = (NativeTensor.Address(prior.Mean), NativeTensor.Address(prior.Variance));
            PriorSpread = NativeTensor.Address(prior.Form.SpreadOnDevice);
            PriorFactor = prior.Form.Spread ?? 0;
        }

        (Eps, NoVariance, Averaged) = (settings.Eps, PriorGuards.NoVariance, (long)arguments.Averaged);
        (MeanGain, VarianceGain) = (gains.Fixed.Mean(batches.Size), gains.Fixed.Variance(batches.Size));
        LeastShare = PriorGuards.LeastShare(layout.Values(0));
        if (batches.Rest > 0)
        {
            (MeanGainOfRest, VarianceGainOfRest) = (gains.Fixed.Mean(batches.Rest), gains.Fixed.Variance(batches.Rest));
            LeastShareOfRest = PriorGuards.LeastShare(layout.Values(batches.Full));
        }

        if (gains.Learned is { } learned)
        {
            (GainMean, GainVariance) = (NativeTensor.Address(learned.Mean), NativeTensor.Address(learned.Variance));
            (GainRows, GainColumns) = (learned.Mean.size(0), learned.Mean.size(1));
        }

        (Addend, Activation) = (NativeTensor.Address(arguments.Epilogue.Addend), (long)arguments.Epilogue.Activation);
    }

    /// <summary>The numbers of <see cref="Work"/>.</summary>
    public readonly long WorkLength(Layout layout) => Parts * layout.Statistics + 2 * layout.Batches.Count * Channels
        + 3 * layout.Batches.Count + 3 * layout.Statistics * Splits;

    /// <summary>Whether four neighbours can be read at once.</summary>
    public static bool IsAligned(Tensor tensor) => NativeTensor.Address(tensor) % 16 == 0;

    /// <summary>
    /// How many threads share the work on one of many: fewer than a block where there is little of it, several blocks where there is much
    /// and the many are few.
    /// </summary>
    /// <param name="steps">What each has to do.</param>
    /// <param name="count">How many they are.</param>
    /// <param name="threads">The threads of a block.</param>
    public static (long Lanes, long Splits) Share(long steps, long count, int threads)
    {
        var lanes = Math.Clamp((long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(1, steps / 4)), Math.Max(1, threads / 8), threads);
        var splits = lanes < threads ? 1 : Math.Clamp(Math.Min(steps / (8L * threads), 1024 / Math.Max(1, count)), 1, 32);
        return (lanes, splits);
    }
}
