using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Batch normalization (Ioffe and Szegedy 2015), its statistics over the batch, over micro-batches of it, or over the batches of all
/// processes. It is the filter without a prior; for the whole batch, where the loops of CPUs do not serve, PyTorch's own kernel.
/// </summary>
internal sealed class BatchNormLayer : RunningNormLayer
{
    private readonly int? _microbatch;

    public BatchNormLayer(long channels, BatchPolicy policy, Device? device, ScalarType? dtype)
        : base(nameof(BatchNormLayer), channels, policy.Eps, policy.Momentum, device, dtype)
    {
        _microbatch = policy.Microbatch;
        IsSynchronized = policy.IsSynchronized;
        RegisterAffine();
    }

    /// <summary>Whether its statistics are meant to be those of all processes.</summary>
    internal bool IsSynchronized { get; }

    /// <summary>The other processes, once they are connected; null where there are none.</summary>
    internal IStatisticExchange? Exchange { get; set; }

    public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior) => forward(input, prior, default);

    private protected override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior, Epilogue epilogue)
    {
        CheckInput(input);
        if (!training)
            return (NormalizeWithRunningAverages(input, epilogue), null, null);
        CheckNotFolded();
        CheckNotEmpty(input);

        if (Exchange is { } exchange)
        {
            using var pass = NewDisposeScope();
            var normalized = SynchronizedBatchNorm.Normalize(input, weight, bias, eps, Averages, exchange);
            return (pass.MoveToOuter(epilogue.Of(normalized)), null, null);
        }

        var arguments = new FilterArguments(
            input, weight, bias, Prior: null, new FilterGains(Gain.Default, Learned: null),
            MicroBatches.Split(input.size(0), _microbatch), new FilterSettings(eps))
        {
            EmitsStatistics = false, Epilogue = epilogue, Report = Report,
        };
        arguments.Batches.CheckCount(input);
        using var scope = NewDisposeScope();
        var output = KalmanFilter.NormalizeByOwn(arguments, AveragesToUpdate())?.Output
            ?? (arguments.Batches.Count == 1 && NormalizeBatch(input) is { } native
                ? epilogue.Of(native)
                : KalmanFilter.Normalize(arguments, Averages).Output);
        return (scope.MoveToOuter(output), null, null);
    }

    /// <summary>
    /// PyTorch's batch normalization; null where its statistics are seen not to be finite. Then the filter finds the error in the
    /// value, or normalizes it, where only the variance was too large.
    /// </summary>
    private Tensor? NormalizeBatch(Tensor input)
    {
        // It would mix averages of 16 bits in 16 bits, where a variance soon is infinite, and a device is not asked whether it is.
        if (DevicePath.IsTaken(input) && Moments.TypeFor(running_var.dtype) != running_var.dtype)
            return null;
        var (mean, variance) = (running_mean.clone(), running_var.clone());
        var output = NativeBatchNorm.Normalize(input, mean, variance, weight, bias, training: true, momentum, eps);
        using var noGrad = no_grad();
        var finite = FiniteValues.AreAll(mean, variance);
        if (DevicePath.IsTaken(input))
        {
            Report.Note(finite);
            running_mean.copy_(where(finite, mean, running_mean));
            running_var.copy_(where(finite, variance, running_var));
            num_batches_tracked.add_(finite, One);
            return output;
        }

        if (!DevicePath.Read<bool>(finite))
            return null;

        running_mean.copy_(mean);
        running_var.copy_(variance);
        num_batches_tracked.add_(One, One);
        return output;
    }
}
