using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// A normalization layer of a policy, for values of shape [N, C, ...] in any number of spatial dimensions.
/// Scale, shift and running averages have the names of PyTorch's BatchNorm. Between calls the layer holds parameters and buffers only, and
/// on a device what that has reported and the host has counted.
/// </summary>
[DynamicallyAccessedMembers(Components.Reflected)]
public abstract class NormLayer : nn.Module<Tensor, Tensor>
{
    private FiniteReport? _report;

    /// <summary>For layers of a policy of your own.</summary>
    /// <param name="name">The layer's name in messages.</param>
    /// <param name="channels">Channels of the value, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no channels.</exception>
    protected NormLayer(string name, long channels)
        : base(name)
    {
        NativeConvolutions.Check();
        Components.Keep(GetType());
        num_features = Setting.AtLeastOne(channels, nameof(channels));
    }

    /// <summary>The channels, C, of the values that the layer normalizes.</summary>
    public long num_features { get; }

    /// <summary>Names of entries that a file of the layer's weights may lack, all of them together: they stay as they are then.</summary>
    internal virtual IReadOnlyList<string> OptionalWeights => [];

    /// <summary>What a device reports after a pass.</summary>
    private protected FiniteReport Report => _report ??= new();

    /// <summary>Normalizes a value without a prior.</summary>
    /// <param name="input">[N, C, ...].</param>
    /// <returns>A new tensor of the input's shape.</returns>
    /// <exception cref="ArgumentException">The input does not have the layer's shape, or it is empty in training.</exception>
    /// <exception cref="NotFiniteNumberException">
    /// In training on a CPU: the input is not finite. On a device: what an earlier pass of the layer normalized was not.
    /// </exception>
    /// <exception cref="InvalidOperationException">The layer was folded, and is in training mode.</exception>
    public sealed override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return scope.MoveToOuter(Pass(input, null, default).output);
    }

    /// <summary>
    /// Calls the layer as part of a statistic chain: <see cref="forward(Tensor, ChannelState)"/>, and the layer's hooks around it.
    /// What they put in the place of the input or the output has no state that is known.
    /// </summary>
    /// <inheritdoc cref="forward(Tensor, ChannelState)"/>
    public (Tensor output, ChannelState? emitted, ChannelState? posterior) call(Tensor input, ChannelState? prior)
    {
        if (!Hooks.Any(this))
            return Pass(input, prior, default);
        var hooked = Hooks.Before(this, input);
        var (made, emitted, posterior) = Pass(hooked, Hooks.StateOf(hooked, input, prior), default);
        var output = Hooks.After(this, hooked, made);
        return (
            Handles.Own(output, input), Hooks.StateOf(output, made, emitted), Hooks.StateOf(hooked, input, posterior, otherwise: prior));
    }

    /// <summary>Calls the layer, and does what comes after it in the same pass where it can: see <see cref="Epilogue"/>.</summary>
    /// <param name="input">[N, C, ...].</param>
    /// <param name="epilogue">What comes after the layer.</param>
    /// <returns>What the epilogue makes of the layer's output: a new tensor.</returns>
    /// <exception cref="ArgumentException">The input does not have the layer's shape, or it is empty in training.</exception>
    public Tensor call(Tensor input, Epilogue epilogue)
    {
        using var scope = NewDisposeScope();
        return scope.MoveToOuter(call(input, null, epilogue).output);
    }

    /// <summary>
    /// Calls the layer as part of a statistic chain, and does what comes after it in the same pass where it can. The layer's hooks see
    /// its own output: where it has any, the epilogue comes after them.
    /// </summary>
    /// <param name="input">[N, C, ...].</param>
    /// <param name="prior">The state of the input that the chain brings, or null where a chain begins.</param>
    /// <param name="epilogue">What comes after the layer.</param>
    /// <returns>
    /// What the epilogue makes of the layer's output, a new tensor; the state of the output before the epilogue; and the sharpened state
    /// of the input.
    /// </returns>
    /// <inheritdoc cref="forward(Tensor, ChannelState)" path="/exception"/>
    public (Tensor output, ChannelState? emitted, ChannelState? posterior) call(
        Tensor input, ChannelState? prior, Epilogue epilogue)
    {
        if (!Hooks.Any(this))
            return Pass(input, prior, epilogue);

        using var scope = NewDisposeScope();
        var (output, emitted, posterior) = call(input, prior);
        return (scope.MoveToOuter(epilogue.Of(output)), emitted?.MoveToOuter(scope), posterior?.MoveToOuter(scope));
    }

    /// <summary>
    /// The forward pass and the epilogue, or in a block that runs again what they did the first time: statistics are filtered, and
    /// running averages updated, once.
    /// </summary>
    private (Tensor output, ChannelState? emitted, ChannelState? posterior) Pass(Tensor input, ChannelState? prior, Epilogue epilogue)
    {
        if (BlockTape.Current is not { } tape)
        {
            HearReport();
            return forward(input, prior, epilogue);
        }

        tape.See(input);
        var result = tape.IsReplaying && !IsSameAgain ? (Again(tape.NextNorm(), input, epilogue), null, null)
            : tape.IsReplaying ? forward(input, prior, epilogue)
            : Recorded(tape, input, prior, epilogue);
        tape.See(result.Item1);
        return result;
    }

    /// <summary>The first pass in a block that may run again.</summary>
    private (Tensor, ChannelState?, ChannelState?) Recorded(BlockTape tape, Tensor input, ChannelState? prior, Epilogue epilogue)
    {
        var before = tape.Norms;
        // A layer of somebody else's may do anything.
        if (GetType().Assembly != typeof(NormLayer).Assembly)
            tape.Cancel();
        HearReport();
        var result = forward(input, prior, epilogue);
        // A layer that runs again as it did the first time takes no record then, and would leave its own to the next one.
        if (IsSameAgain)
            tape.ForgetNorms(before);
        else if (tape.Norms == before)
            tape.Cancel();
        return result;
    }

    /// <summary>Throws what a device has reported since the last call.</summary>
    /// <exception cref="NotFiniteNumberException">A value was not finite, in an earlier pass.</exception>
    private void HearReport()
    {
        if (_report?.TakeFound() != true)
            return;
        ForgetCounts();
        throw FiniteValues.FoundBefore(GetName());
    }

    /// <summary>Passes that a device has refused were counted by the host, and are not by the device.</summary>
    private protected virtual void ForgetCounts()
    {
    }

    private static Tensor Again(RecordedNorm norm, Tensor input, Epilogue epilogue)
    {
        if (CpuFilter.Fuses(epilogue, input))
            return norm.Again(input, epilogue.Addend);
        using var normalized = norm.Again(input, null);
        return epilogue.Of(normalized);
    }

    /// <summary>Whether a second pass in the layer's mode gives the same, and changes nothing.</summary>
    private protected virtual bool IsSameAgain => !training;

    /// <summary>
    /// The forward pass and the epilogue. Here one comes after the other; layers that can do both at once override it.
    /// </summary>
    private protected virtual (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior, Epilogue epilogue)
    {
        var (normalized, emitted, posterior) = forward(input, prior);
        if (epilogue.IsEmpty)
            return (normalized, emitted, posterior);
        using (normalized)
            return (epilogue.Of(normalized), emitted, posterior);
    }

    /// <summary>Normalizes a value, given what is known of its statistics beforehand.</summary>
    /// <param name="input">[N, C, ...].</param>
    /// <param name="prior">The state of the input that the chain brings, or null where a chain begins.</param>
    /// <returns>
    /// The output, always a new tensor of the input's shape; the state of the output; and the sharpened state of the
    /// input, for others who read it. Both states are null in inference and for policies without a chain.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The input or the prior does not have the layer's shape; or, in training, the input is empty, or a statistic would have one
    /// value and no prior.
    /// </exception>
    /// <exception cref="NotFiniteNumberException">
    /// In training on a CPU: the input is not finite. On a device: what an earlier pass of the layer normalized was not.
    /// </exception>
    /// <exception cref="InvalidOperationException">The layer was folded, and is in training mode.</exception>
    public abstract (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior);

    /// <summary>
    /// Whether inference is one scale and shift per channel, so that the layer can be folded into the layer before it.
    /// </summary>
    public virtual bool CanFold => false;

    /// <summary>
    /// Folds the layer into the convolution before it: the convolution's weight and bias take over scale and shift, and the
    /// layer returns its input's values, without parameters or buffers. For inference only.
    /// </summary>
    /// <param name="convolution">The convolution or transposed convolution whose output the layer, and nothing else, reads.</param>
    /// <exception cref="InvalidOperationException">The layer cannot be folded, is in training mode, or was folded.</exception>
    /// <exception cref="ArgumentException">The convolution does not have the layer's channels.</exception>
    public virtual void FoldInto(Convolution convolution) => throw CannotFold();

    /// <summary>Folds the layer into the linear layer before it, as <see cref="FoldInto(Convolution)"/> does.</summary>
    /// <param name="linear">The linear layer whose output, [N, C], the layer, and nothing else, reads.</param>
    /// <exception cref="InvalidOperationException">The layer cannot be folded, is in training mode, or was folded.</exception>
    /// <exception cref="ArgumentException">The linear layer does not have the layer's channels.</exception>
    public virtual void FoldInto(Linear linear) => throw CannotFold();

    /// <summary>Folds the layer into the convolution before it where it can be folded, and else leaves both as they are.</summary>
    /// <param name="convolution">The convolution or transposed convolution whose output the layer, and nothing else, reads.</param>
    /// <returns>Whether it was folded now: false for policies that <see cref="CanFold"/> is false for, and for a folded layer.</returns>
    /// <exception cref="InvalidOperationException">The layer can be folded but is in training mode.</exception>
    /// <exception cref="ArgumentException">The convolution does not have the layer's channels.</exception>
    public bool TryFoldInto(Convolution convolution)
    {
        if (!CanFold)
            return false;
        FoldInto(convolution);
        return true;
    }

    /// <summary>Folds the layer into the linear layer before it, as <see cref="TryFoldInto(Convolution)"/> does.</summary>
    /// <param name="linear">The linear layer whose output, [N, C], the layer, and nothing else, reads.</param>
    /// <returns>Whether it was folded now.</returns>
    /// <exception cref="InvalidOperationException">The layer can be folded but is in training mode.</exception>
    /// <exception cref="ArgumentException">The linear layer does not have the layer's channels.</exception>
    public bool TryFoldInto(Linear linear)
    {
        if (!CanFold)
            return false;
        FoldInto(linear);
        return true;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _report?.Dispose();
        base.Dispose(disposing);
    }

    private InvalidOperationException CannotFold() =>
        new($"{GetName()} cannot be folded: in inference it is not one scale and shift per channel.");

    /// <summary>Checks that a value has the layer's shape.</summary>
    /// <param name="input">Should be [N, C, ...].</param>
    /// <exception cref="ArgumentException">It is not.</exception>
    protected void CheckInput(Tensor input)
    {
        if (input.dim() < 2 || input.size(1) != num_features)
        {
            throw new ArgumentException(
                $"{GetName()} normalizes {num_features} channels and got a value of shape " +
                $"[{string.Join(", ", input.shape)}] where [N, {num_features}, ...] was expected.", nameof(input));
        }
    }

    /// <summary>Checks that a prior is one of this layer's channels.</summary>
    private protected void CheckPrior(long channels)
    {
        if (channels != num_features)
            throw new ArgumentException($"The prior has {channels} channels where {num_features} were expected.", "prior");
    }

    /// <summary>Checks that there is something to take statistics of, in training.</summary>
    private protected void CheckNotEmpty(Tensor input)
    {
        if (input.numel() == 0)
        {
            throw new ArgumentException(
                $"{GetName()} got a value of shape [{string.Join(", ", input.shape)}], which is empty: in training, statistics need at " +
                "least one sample with at least one position; in inference an empty batch passes.", nameof(input));
        }
    }
}
