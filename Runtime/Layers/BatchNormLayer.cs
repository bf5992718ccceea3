using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Batch normalization (Ioffe and Szegedy 2015), its statistics over the batch or over micro-batches of it. Over the
/// whole batch it is PyTorch's BatchNorm, call for call.
/// </summary>
internal sealed class BatchNormLayer : RunningNormLayer
{
    private readonly int? _microbatch;

    public BatchNormLayer(long channels, BatchPolicy policy, Device? device, ScalarType? dtype)
        : base(nameof(BatchNormLayer), channels, policy.Eps, policy.Momentum, device, dtype)
    {
        _microbatch = policy.Microbatch;
        RegisterComponents();
    }

    public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior)
    {
        CheckInput(input);
        if (!training) return (NormalizeWithRunningAverages(input), null, null);

        var batches = MicroBatches.Of(input.size(0), _microbatch);
        return (batches.Count == 1 ? NormalizeBatch(input) : NormalizeMicroBatches(input, batches), null, null);
    }

    private Tensor NormalizeBatch(Tensor input)
    {
        num_batches_tracked.add_(1);
        return nn.functional.batch_norm(
            input, running_mean, running_var, weight, bias, training: true, momentum, eps);
    }

    private Tensor NormalizeMicroBatches(Tensor input, MicroBatches batches)
    {
        using var scope = NewDisposeScope();
        var outputs = new List<Tensor>();
        var means = new List<Tensor>();
        var variances = new List<Tensor>();
        foreach (var part in batches.Parts())
        {
            // With momentum 1 the kernel's running averages are the statistics themselves, the variance unbiased;
            // what they were before is still multiplied by 0, so it must be finite.
            var mean = running_mean.new_zeros(part.Groups * num_features);
            var variance = running_var.new_zeros(part.Groups * num_features);
            var output = nn.functional.batch_norm(
                part.View(input), mean, variance, weight.repeat(part.Groups), bias.repeat(part.Groups),
                training: true, momentum: 1, eps);
            outputs.Add(output.view([part.Samples, .. input.shape[1..]]));
            means.Add(mean.view(part.Groups, num_features));
            variances.Add(variance.view(part.Groups, num_features));
        }

        Averages.Update(Rows(means), Rows(variances));
        return scope.MoveToOuter(outputs.Count == 1 ? outputs[0] : cat(outputs));
    }

    private static Tensor Rows(List<Tensor> parts) => parts.Count == 1 ? parts[0] : cat(parts);
}
