using System.Linq;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Batch renormalization (Ioffe 2017): batch normalization corrected towards the running averages,
/// <c>x' = (x - mu) / sigma * r + d</c> with r = sigma / running sigma and d = (mu - running mean) / running sigma, both
/// clipped to bounds that widen in training and both constants to the gradient.
/// </summary>
internal sealed class RenormLayer : RunningNormLayer
{
    private readonly RenormPolicy _policy;
    private readonly HostCount _steps = new();

    public RenormLayer(long channels, RenormPolicy policy, Device? device, ScalarType? dtype)
        : base(nameof(RenormLayer), channels, policy.Eps, policy.Momentum, device, dtype)
    {
        _policy = policy;
        RegisterAffine();
    }

    public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior)
    {
        CheckInput(input);
        if (!training)
            return (NormalizeWithRunningAverages(input, default), null, null);
        CheckNotFolded();
        CheckNotEmpty(input);

        using var scope = NewDisposeScope();
        var batches = MicroBatches.Split(input.size(0), _policy.Microbatch);
        batches.CheckCount(input);
        var step = _steps.Of(num_batches_tracked);
        var (rMax, dMax) = (_policy.RAt(step), _policy.DAt(step));
        var parts = batches.Parts().Select(part => Renormalize(input, part, rMax, dMax)).ToList();
        var statistics = new Moments(
            MicroBatches.Join([.. parts.Select(part => part.Means)]), MicroBatches.Join([.. parts.Select(part => part.Variances)]));
        var finite = DevicePath.IsTaken(input) ? FiniteValues.AreAll(statistics.Mean, statistics.Variance) : null;
        if (finite is not null)
            Report.Note(finite);
        Averages.Update(statistics, finite);
        _steps.CountOne(num_batches_tracked);
        return (scope.MoveToOuter(MicroBatches.Join([.. parts.Select(part => part.Output)])), null, null);
    }

    /// <inheritdoc/>
    private protected override void ForgetCounts() => _steps.Forget();

    /// <summary>Renormalizes a part in the type of its statistics; where a variance is too large for that, in 64 bits.</summary>
    private (Tensor Output, Tensor Means, Tensor Variances) Renormalize(
        Tensor input, MicroBatches.Part part, double rMax, double dMax)
    {
        var view = part.View(input);
        var type = Moments.TypeFor(weight.dtype);
        var result = Renormalize(view, part.Count, rMax, dMax, type);
        if (!DevicePath.IsTaken(input) && !DevicePath.Read<bool>(FiniteValues.AreAll(result.Means, result.Variances)))
        {
            FiniteValues.Check(view, part.Count);
            result = Renormalize(view, part.Count, rMax, dMax, ScalarType.Float64);
            if (!DevicePath.Read<bool>(FiniteValues.AreAll(result.Means, result.Variances)))
                throw FiniteValues.TooLarge();
            var largest = finfo(type).max;
            result.Variances = result.Variances.clamp_max(Held(largest)).to(type);
            result.Means = result.Means.to(type);
        }

        return (result.Output.to(input.dtype).view([part.Samples, .. input.shape[1..]]), result.Means, result.Variances);
    }

    private (Tensor Output, Tensor Means, Tensor Variances) Renormalize(
        Tensor view, long microBatches, double rMax, double dMax, ScalarType type)
    {
        view = view.to(type);
        Tensor r, d;
        using (no_grad())
        {
            var (mean, variance) = CompiledOperations.Observe(view);
            var sigma = Sum(running_var.to(type), eps).sqrt();
            r = (Sum(variance.view(microBatches, -1), eps).sqrt() / sigma).clamp(Held(1 / rMax), Held(rMax));
            d = ((mean.view(microBatches, -1) - running_mean) / sigma).clamp(Held(-dMax), Held(dMax));
        }

        // With momentum 1 the kernel's running averages are the statistics themselves, the variance unbiased;
        // their values before are still multiplied by 0, so they must be finite.
        var means = zeros(microBatches * num_features, type, view.device);
        var variances = zeros(microBatches * num_features, type, view.device);
        var output = NativeBatchNorm.Normalize(
            view, means, variances, (weight * r).view(-1), Sum(weight * d, bias).view(-1), training: true, momentum: 1, eps);
        return (output, means.view(microBatches, -1), variances.view(microBatches, -1));
    }
}
