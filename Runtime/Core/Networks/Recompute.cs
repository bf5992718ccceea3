using System;
using System.Linq;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// What a network computes again in the backward pass of training, so that it need not be kept until then. The gradients are the same, to
/// the bit. Of normalization layers and their activations, the outputs are: the time is that of one more pass over each such value. Of
/// blocks, all that they compute inside: the time is nearly that of one more forward pass.
/// </summary>
/// <remarks>
/// Of a normalization layer and its activation, what they were computed from and the statistics are kept, and their output is not. It is
/// kept where a hook sees it, on other devices than a CPU, and for the types of 16 bits. Of a block its inputs and outputs are kept, the
/// statistics of its norms, and what operations save that is no value of the file. A block is kept as it is where a module in it has hooks,
/// where it has a module of your own or a policy of your own, with renorm and sampled transitions, where a norm works by torch's kernels
/// as for the types of 16 bits, and on other devices than a CPU. A block with dropout draws the same numbers again where no other thread
/// draws from torch's default generator, whose state is set back meanwhile.
/// </remarks>
public readonly record struct Recompute
{
    /// <summary>The most layers with weights that a block has which is computed again as a whole.</summary>
    private const int MaxLayers = 20;

    private Recompute(bool activations, bool ofBlocks = false) => (Activations, OfBlocks) = (activations, ofBlocks);

    /// <summary>
    /// Of each block that the network calls, all that it computes inside; outside of them the outputs of normalization layers and their
    /// activations. Of a block with more than 20 layers that have weights, such as a backbone, the blocks that it calls are computed again.
    /// </summary>
    public static Recompute Blocks { get; } = new(activations: true, ofBlocks: true);

    /// <summary>Whether the outputs of normalization layers and their activations are computed again.</summary>
    public bool Activations { get; }

    /// <summary>Whether blocks are computed again.</summary>
    public bool OfBlocks { get; }

    /// <summary>True computes the outputs of normalization layers and their activations again; false nothing.</summary>
    /// <param name="activations">Whether they are.</param>
    public static implicit operator Recompute(bool activations) => new(activations);

    /// <summary>Begins the forward pass of a block, which is computed again where that is wanted and possible.</summary>
    /// <param name="block">The block.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="forward">Its forward pass, for the same number of inputs.</param>
    /// <returns>The pass, to be ended with the block's outputs.</returns>
    public BlockPass Begin<TPre, TPost>(
        nn.HookableModule<TPre, TPost> block, ReadOnlySpan<Tensor> inputs, Action<Tensor[]> forward)
    {
        if (!OfBlocks)
            return default;
        if (BlockTape.Current is { } outer)
        {
            // Hooks have seen a value of the outer block.
            if (!outer.IsReplaying && Hooks.Any(block))
                outer.Cancel();
            return default;
        }

        if (TensorMemory.Instance is not { } memory || !is_grad_enabled() || !AreOnCpu(inputs) || !CanRunAgain(block))
            return default;
        var replay = new BlockReplay(block, inputs, forward);
        return new(BlockTape.Begin(memory, replay, replay.Run), replay);
    }

    /// <summary>Frees a value that a pass no longer reads, which it can compute again for its only reader.</summary>
    /// <param name="scope">The scope of the pass.</param>
    /// <param name="value">The value.</param>
    /// <param name="made">What the reader made of it.</param>
    public void Free(DisposeScope scope, Tensor value, ref Tensor made)
    {
        ArgumentNullException.ThrowIfNull(scope);
        if (Activations && made.requires_grad && scope.Contains(value) && Recomputation.Of(value) is { } recomputation)
        {
            var read = made;
            made = RecomputeTrigger.After([read], recomputation.Ensure)[0];
            scope.Free(read);
            recomputation.Arm();
            recomputation.Release();
        }

        scope.Free(value);
    }

    /// <inheritdoc cref="Free(DisposeScope, Tensor, ref Tensor)"/>
    /// <param name="scope">The scope of the pass.</param>
    /// <param name="value">The value.</param>
    /// <param name="made">What the reader made of it.</param>
    /// <param name="reader">The reader; the value is kept where it has hooks, which may have kept it.</param>
    public void Free<TResult>(DisposeScope scope, Tensor value, ref Tensor made, nn.Module<Tensor, TResult> reader)
    {
        if (Hooks.Any(reader))
            scope.Free(value);
        else
            Free(scope, value, ref made);
    }

    private static bool AreOnCpu(ReadOnlySpan<Tensor> inputs)
    {
        foreach (var input in inputs)
        {
            if (DevicePath.IsTaken(input))
                return false;
        }

        return true;
    }

    /// <summary>
    /// Whether a block is not too large, and no hook sees what is in it. The blocks that it calls look for their own hooks.
    /// </summary>
    private static bool CanRunAgain(nn.Module block)
    {
        var layers = 0;
        foreach (var module in block.modules().Where(module => module != block))
        {
            if ((module is nn.Module<Tensor, Tensor> single && Hooks.Any(single))
                || (module is nn.Module<Tensor, Tensor, Tensor> pair && Hooks.Any(pair))
                || (module.parameters(recurse: false).Any() && ++layers > MaxLayers))
            {
                return false;
            }
        }

        return true;
    }
}
