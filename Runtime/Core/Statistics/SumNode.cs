using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The moments of a value, or of a sum or difference of two independent ones, straight from what their states are computed from, and their
/// use in the autograd graph: as operations of torch a shortcut takes some thirty, and each costs more than it computes. Kept are the
/// derivatives of the values' moments, [4, N] for each: of the mean by what the source holds as mean and as variance, then of the variance.
/// </summary>
/// <param name="shapes">The shapes of the sources' moments, one or two.</param>
/// <param name="sign">What the second value is multiplied by: 1 or -1.</param>
internal abstract class SumNode(long[][] shapes, int sign) : GraphNode
{
    /// <summary>How many values there are at most.</summary>
    public const int Most = 2;

    /// <summary>How many derivatives a channel has.</summary>
    private protected const int Slopes = 4;

    /// <summary>What the second value is multiplied by.</summary>
    private protected int Sign => sign;

    private long[] OutputShape => [shapes.Max(shape => shape.Length == 1 ? 1 : shape[0]), shapes[0][^1]];

    /// <summary>The moments of two values together; null where torch's own operations have to compute them.</summary>
    /// <param name="states">The states of the two values.</param>
    /// <param name="sign">What the second value is multiplied by: 1 or -1.</param>
    public static Moments? Join(IReadOnlyList<ChannelState> states, int sign) =>
        states is [AnalyticState first, AnalyticState second] ? Pass([first.Source(), second.Source()], sign) : null;

    /// <summary>The moments of a value; null where torch's own operations have to compute them.</summary>
    /// <param name="source">What they are computed from.</param>
    public static Moments? Pass(MomentSource source) => Pass([source], sign: 1);

    private static Moments? Pass(MomentSource[] sources, int sign)
    {
        sources = [.. sources.Select(source =>
            source with { Mean = Strides.Contiguous(source.Mean), Variance = Strides.Contiguous(source.Variance) })];
        return For(sources, sign)?.Pass(sources);
    }

    private static SumNode? For(MomentSource[] sources, int sign)
    {
        var (mean, rows) = (sources[0].Mean, sources.Max(source => source.Rows));
        foreach (var source in sources)
        {
            if (source.Mean.dtype != mean.dtype || source.Variance.dtype != mean.dtype || source.Channels != sources[0].Channels
                || source.Variance.numel() != source.Mean.numel() || (source.Rows != rows && source.Rows != 1)
                || !DevicePath.AreTogether(source.Mean, mean) || !DevicePath.AreTogether(source.Variance, mean)
                // Only kernels read a spread that the host does not know.
                || (source.Form.SpreadOnDevice is { } spread && !(DevicePath.IsTaken(mean) && DevicePath.AreTogether(spread, mean))))
            {
                return null;
            }
        }

        if (mean.numel() == 0 || mean.dtype is not (ScalarType.Float32 or ScalarType.Float64))
            return null;
        long[][] shapes = [.. sources.Select(source => source.Mean.shape)];
        if (DevicePath.IsTaken(mean))
            return DeviceKernels.For(mean, mean.dtype) is { } kernels ? new CudaSum(kernels, shapes, sign) : null;
        return mean.dtype == ScalarType.Float32 ? new CpuSum<float>(shapes, sign) : new CpuSum<double>(shapes, sign);
    }

    private Moments Pass(MomentSource[] sources)
    {
        var like = sources[0].Mean;
        Tensor[] inputs = [.. sources.SelectMany(source => new[] { source.Mean, source.Variance })];
        var records = Records(inputs);
        Tensor[] outputs;
        Tensor? slopes;
        using (no_grad())
        {
            outputs = [empty(OutputShape, like.dtype, like.device), empty(OutputShape, like.dtype, like.device)];
            slopes = records ? empty(Slopes * sources.Sum(source => source.Mean.numel()), like.dtype, like.device) : null;
            Compute(sources, new(outputs[0], outputs[1]), slopes);
        }

        if (slopes is not null)
            outputs = Attach(inputs, outputs, notDifferentiable: [], kept: [slopes], saved: 0);
        return new(outputs[0], outputs[1]);
    }

    /// <summary>Writes the moments and, where they are wanted, the derivatives.</summary>
    private protected abstract void Compute(MomentSource[] sources, Moments outputs, Tensor? slopes);

    /// <summary>Writes the gradients of what the sources hold.</summary>
    /// <param name="slopes">The derivatives.</param>
    /// <param name="gm">The gradient of the mean, or null; not both are null.</param>
    /// <param name="gv">The gradient of the variance, or null.</param>
    /// <param name="results">The gradients to write.</param>
    private protected abstract void Propagate(Tensor slopes, Tensor? gm, Tensor? gv, MomentSource[] results);

    protected sealed override Tensor?[] Backward(Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept)
    {
        var (gm, gv, slopes) = (gradients[0]?.contiguous(), gradients[1]?.contiguous(), kept[0]);
        MomentSource[] results = [.. shapes.Select(shape => new MomentSource(
            empty(shape, slopes.dtype, slopes.device), empty(shape, slopes.dtype, slopes.device), default))];
        Propagate(slopes, gm, gv, results);
        return [.. results.SelectMany(result => new[] { result.Mean, result.Variance })];
    }
}
