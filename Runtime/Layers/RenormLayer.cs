using System.Collections.Generic;
using System.Linq;
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

    public RenormLayer(long channels, RenormPolicy policy, Device? device, ScalarType? dtype)
        : base(nameof(RenormLayer), channels, policy.Eps, policy.Momentum, device, dtype)
    {
        _policy = policy;
        RegisterComponents();
    }

    public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior)
    {
        CheckInput(input);
        if (!training) return (NormalizeWithRunningAverages(input), null, null);
        CheckNotFolded();

        using var scope = NewDisposeScope();
        var step = num_batches_tracked.item<long>();
        var (rMax, dMax) = (_policy.RAt(step), _policy.DAt(step));
        var parts = MicroBatches.Of(input.size(0), _policy.Microbatch).Parts()
            .Select(part => Renormalize(input, part, rMax, dMax)).ToList();
        Averages.Update(new(Rows(parts.Select(part => part.Means)), Rows(parts.Select(part => part.Variances))));
        return (scope.MoveToOuter(Rows(parts.Select(part => part.Output))), null, null);
    }

    private (Tensor Output, Tensor Means, Tensor Variances) Renormalize(
        Tensor input, MicroBatches.Part part, double rMax, double dMax)
    {
        var view = part.View(input);
        Tensor r, d;
        using (no_grad())
        {
            var (mean, variance) = CompiledOperations.Observe(view);
            var sigma = (running_var + eps).sqrt();
            r = ((variance.view(part.Groups, -1) + eps).sqrt() / sigma).clamp(1 / rMax, rMax);
            d = ((mean.view(part.Groups, -1) - running_mean) / sigma).clamp(-dMax, dMax);
        }

        // With momentum 1 the kernel's running averages are the statistics themselves, the variance unbiased;
        // what they were before is still multiplied by 0, so it must be finite.
        var means = running_mean.new_zeros(part.Groups * num_features);
        var variances = running_var.new_zeros(part.Groups * num_features);
        var output = nn.functional.batch_norm(
            view, means, variances, (weight * r).view(-1), (weight * d + bias).view(-1), training: true, momentum: 1, eps);
        return (
            output.view([part.Samples, .. input.shape[1..]]), means.view(part.Groups, -1),
            variances.view(part.Groups, -1));
    }

    private static Tensor Rows(IEnumerable<Tensor> parts) => cat([.. parts]);
}
