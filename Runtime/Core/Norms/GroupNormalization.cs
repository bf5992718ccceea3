using System;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The operation of the policies that normalize each sample by itself: the filter without a prior or, where the loops of CPUs do not
/// serve, PyTorch's group normalization.
/// </summary>
internal static class GroupNormalization
{
    private static readonly CompiledScript Compiled = new("""
        def normalize(x: Tensor, weight: Optional[Tensor], bias: Optional[Tensor], groups: int, eps: float) -> List[Tensor]:
            n = x.size(0)
            c = x.size(1)
            y, mean, rstd = torch.native_group_norm(x, weight, bias, n, c, x.numel() // (n * c), groups, eps)
            # The root of a variance that is infinite is 0 here, and that of one that is not a number none either.
            return [y, (torch.isfinite(mean.detach() + rstd.detach()) & (rstd.detach() > 0)).all()]
        """);

    /// <summary>Groups must divide the channels.</summary>
    public static long CheckGroups(long groups, long channels) => channels % groups == 0
        ? groups
        : throw Setting.OutOfRange(nameof(groups), groups, $"must divide the layer's {channels} channels");

    /// <summary>
    /// Normalizes each sample over groups of channels. A value that is not finite is an error in training, and passes in
    /// inference, where it spoils its own sample alone. Where only the statistics are not, the value was too large for 32 bits and
    /// is normalized in 64.
    /// </summary>
    /// <param name="input">[N, C, ...].</param>
    /// <param name="weight">The scale, [C], or null for none.</param>
    /// <param name="bias">The shift, [C], or null for none.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="report">
    /// Where a value that is not finite is noted if the host does not wait; null where it is no error, in inference.
    /// </param>
    /// <param name="policy">The policy, for messages.</param>
    /// <param name="epilogue">What comes after it.</param>
    public static Tensor Normalize(
        Tensor input, Tensor? weight, Tensor? bias, long groups, double eps, FiniteReport? report, NormPolicy policy, Epilogue epilogue)
    {
        CheckValues(input, groups, policy);
        if (input.numel() == 0)
            return epilogue.Of(input.alias());

        using var scope = NewDisposeScope();
        var channels = input.size(1);
        var arguments = new FilterArguments(
            input, weight ?? input.new_ones(channels), bias ?? input.new_zeros(channels), Prior: null,
            new FilterGains(Gain.Default, Learned: null), MicroBatches.Split(input.size(0), 1),
            new FilterSettings(eps) { GroupSize = channels / groups, RefusesNotFinite = report is not null, Place = "sample {1}" })
        {
            EmitsStatistics = false, Epilogue = epilogue, Report = report,
        };
        return scope.MoveToOuter(KalmanFilter.NormalizeByOwn(arguments, averages: null)?.Output
            ?? epilogue.Of(Normalize(input, weight, bias, groups, eps, report)));
    }

    /// <summary>By PyTorch's kernel.</summary>
    private static Tensor Normalize(Tensor input, Tensor? weight, Tensor? bias, long groups, double eps, FiniteReport? report)
    {
        // The kernel takes values in one of these layouts only; that of a device in the first, and of the weight's type.
        var isOnDevice = DevicePath.IsTaken(input);
        var settled = !isOnDevice && Strides.AreChannelsLast(input) ? input : Strides.Contiguous(input);
        var type = isOnDevice ? weight?.dtype ?? input.dtype : input.dtype;
        var result = Compiled.Call("normalize", settled.to(type), weight, bias, (int)groups, eps);
        result[0] = result[0].to(input.dtype);
        if (DevicePath.IsTaken(input))
        {
            report?.Note(result[1]);
        }
        else if (!DevicePath.Read<bool>(result[1]))
        {
            if (report is not null)
                CheckFinite(input);
            result[0] = nn.functional.group_norm(
                input.to(ScalarType.Float64), groups, weight?.to(ScalarType.Float64), bias?.to(ScalarType.Float64), eps).to(input.dtype);
        }

        return result[0];
    }

    private static void CheckFinite(Tensor input)
    {
        using var noGrad = no_grad();
        var bad = input.isfinite().logical_not().flatten(1).any(1, false);
        if (DevicePath.Read<bool>(bad.any()))
            throw FiniteValues.Found($"sample {DevicePath.Read<long>(bad.to(ScalarType.Int32).argmax())}");
    }

    /// <summary>A statistic of one value says nothing.</summary>
    private static void CheckValues(Tensor input, long groups, NormPolicy policy)
    {
        if (input.numel() == input.size(0) * groups && input.size(0) > 0)
        {
            throw new ArgumentException(
                $"Expected more than 1 value in each statistic of {policy}, got a value of shape [{string.Join(", ", input.shape)}], "
                    + $"of which every number would have one of its own. batch(){(groups > 1 ? " and layer()" : "")} share statistics "
                    + "among more numbers; instancekalman(), groupkalman() and layerkalman() have a prior.", nameof(input));
        }
    }
}
