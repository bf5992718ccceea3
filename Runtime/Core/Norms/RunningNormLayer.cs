using System;
using System.Linq;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// A normalization layer with BatchNorm's running averages, which it normalizes with in inference.
/// </summary>
public abstract class RunningNormLayer : AffineNormLayer
{
    [ComponentName(Name = nameof(running_mean))]
    private Tensor _running_mean;

    [ComponentName(Name = nameof(running_var))]
    private Tensor _running_var;

    [ComponentName(Name = nameof(num_batches_tracked))]
    private Tensor _num_batches_tracked;

    private readonly SeenAverages _seenAverages = new();

    private protected RunningNormLayer(
        string name, long channels, double eps, double momentum, Device? device, ScalarType? dtype)
        : base(name, channels, eps, device, dtype)
    {
        this.momentum = momentum;
        _running_mean = Owned(zeros(channels, dtype, device));
        _running_var = Owned(ones(channels, dtype, device));
        _num_batches_tracked = Owned(zeros([], ScalarType.Int64, device));
        register_buffer(nameof(running_mean), _running_mean);
        register_buffer(nameof(running_var), _running_var);
        register_buffer(nameof(num_batches_tracked), _num_batches_tracked);
    }

    /// <summary>The share of a new statistic in the running averages.</summary>
    public double momentum { get; }

    /// <summary>The running average of the statistics' means, [C].</summary>
    /// <exception cref="ArgumentException">It is set to one of another shape.</exception>
    public Tensor running_mean
    {
        get => _running_mean;
        set => Replace(ref _running_mean, value, nameof(running_mean), num_features);
    }

    /// <summary>The running average of the statistics' variances, [C]; observed variances enter unbiased.</summary>
    /// <exception cref="ArgumentException">It is set to one of another shape.</exception>
    public Tensor running_var
    {
        get => _running_var;
        set => Replace(ref _running_var, value, nameof(running_var), num_features);
    }

    /// <summary>How many batches the layer has seen in training, one 64-bit integer.</summary>
    /// <exception cref="ArgumentException">It is set to one of another shape.</exception>
    public Tensor num_batches_tracked
    {
        get => _num_batches_tracked;
        set => Replace(ref _num_batches_tracked, value, nameof(num_batches_tracked));
    }

    /// <summary>Whether the layer was folded into the one before it, and returns its input's values.</summary>
    public bool folded { get; private set; }

    /// <inheritdoc/>
    public override bool CanFold => !folded;

    /// <inheritdoc/>
    public override void FoldInto(Convolution convolution) => Fold(() => Folding.Into(convolution, ScaleAndShift()));

    /// <inheritdoc/>
    public override void FoldInto(Linear linear) => Fold(() => Folding.Into(linear, ScaleAndShift()));

    /// <summary>Normalizes with the running averages, as the layer does in inference, and does what comes after it.</summary>
    private protected Tensor NormalizeWithRunningAverages(Tensor input, Epilogue epilogue)
    {
        using var scope = NewDisposeScope();
        _seenAverages.See();
        return scope.MoveToOuter(
            folded ? epilogue.Of(input.alias())
            : CpuInference.Serves(input, running_mean, running_var, weight, bias, epilogue)
                ? CpuInference.Normalize(input, running_mean, running_var, weight, bias, eps, epilogue)
            : epilogue.Of(NativeBatchNorm.Normalize(input, running_mean, running_var, weight, bias, training: false, 0, eps)));
    }

    /// <summary>A folded layer cannot be trained.</summary>
    private protected void CheckNotFolded()
    {
        if (folded)
            throw new InvalidOperationException($"{GetName()} was folded into the layer before it, for inference only.");
    }

    /// <summary>Scale and shift, [C] each, of 32 bits at least: what they are folded into is rounded once.</summary>
    private (Tensor Scale, Tensor Shift) ScaleAndShift()
    {
        var scale = Moments.Wide(weight) / Sum(Moments.Wide(running_var), eps).sqrt();
        return (scale, Moments.Wide(bias) - Moments.Wide(running_mean) * scale);
    }

    private void Fold(Action into)
    {
        CheckNotFolded();
        if (training)
            throw new InvalidOperationException($"{GetName()} is in training mode: call eval() before folding.");

        using var scope = NewDisposeScope();
        using (no_grad())
            into();
        folded = true;
        Unregister();
    }

    /// <summary>Takes everything out of the layer's parameters and buffers: those of a learned gain or transition too.</summary>
    private void Unregister()
    {
        foreach (var name in named_parameters(recurse: false).Select(entry => entry.name).ToArray())
            ConditionallyRegisterParameter(name, (Parameter?)null);
        foreach (var name in named_buffers(recurse: false).Select(entry => entry.name).ToArray())
            ConditionallyRegisterBuffer(name, null);
    }

    /// <summary>The running averages.</summary>
    private protected RunningAverages Averages => new(running_mean, running_var, num_batches_tracked, momentum);

    /// <summary>The running averages, to be updated.</summary>
    private protected RunningAverages AveragesToUpdate() => _seenAverages.ToUpdate(Averages);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _running_mean.Dispose();
            _running_var.Dispose();
            _num_batches_tracked.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Replace(ref Tensor field, Tensor value, string name, params ReadOnlySpan<long> shape)
    {
        if (ReferenceEquals(value, field))
            return;
        CheckShape(value, name, shape);
        field.Dispose();
        field = Owned(value);
        ConditionallyRegisterBuffer(name, field);
    }
}
