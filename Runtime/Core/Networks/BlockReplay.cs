using System;
using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// What a block needs to run once more as it did the first time: its inputs, the modes of its modules, and the state of torch's random
/// numbers. Its weights are those of the block: they must be what they were.
/// </summary>
internal sealed class BlockReplay : IDisposable
{
    // Modes and random numbers are not a thread's own.
    private static readonly object Turn = new();

    private readonly nn.Module _block;
    private readonly Action<Tensor[]> _forward;
    private readonly (Tensor Value, bool RequiresGrad)[] _inputs;
    private readonly (nn.Module Module, bool IsTraining)[] _modes;
    private readonly Tensor[] _weights;
    private long _version;
    private Tensor? _random;

    public BlockReplay(nn.Module block, ReadOnlySpan<Tensor> inputs, Action<Tensor[]> forward)
    {
        (_block, _forward) = (block, forward);
        _inputs = new (Tensor, bool)[inputs.Length];
        for (var i = 0; i < inputs.Length; i++)
            _inputs[i] = (inputs[i].detach().DetachFromDisposeScope(), inputs[i].requires_grad);
        _modes = [.. block.modules().Prepend(block).Select(module => (module, module.training))];
        _weights = Weights();
        _random = get_rng_state().DetachFromDisposeScope();
    }

    /// <summary>What must not be given up, since others read it.</summary>
    public Tensor[] Kept => [.. _inputs.Select(input => input.Value), .. _block.parameters(), .. _block.buffers()];

    /// <summary>The first pass is over.</summary>
    public void HasRun()
    {
        _version = Version();
        using var random = get_rng_state();
        if (_random!.bytes.SequenceEqual(random.bytes))
        {
            _random.Dispose();
            _random = null;
        }
    }

    /// <summary>Runs the block once more.</summary>
    /// <exception cref="InvalidOperationException">Its weights or inputs are not what they were.</exception>
    public void Run()
    {
        if (!Weights().SequenceEqual(_weights, ReferenceEqualityComparer.Instance) || Version() != _version)
        {
            throw new InvalidOperationException(
                $"The weights or an input of {_block.GetName()} were changed after its forward pass and before the backward pass, which "
                    + "computes the block again: change them after it.");
        }

        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        Tensor[] inputs = [.. _inputs.Select(input => input.Value.detach().requires_grad_(input.RequiresGrad))];
        if (_random is null && _modes.All(mode => mode.Module.training == mode.IsTraining))
        {
            _forward(inputs);
        }
        else
        {
            lock (Turn)
                RunAsBefore(inputs);
        }
    }

    private void RunAsBefore(Tensor[] inputs)
    {
        (nn.Module Module, bool IsTraining)[] modes = [.. _modes.Select(mode => (mode.Module, mode.Module.training))];
        using var random = get_rng_state();
        try
        {
            SetModes(_modes);
            set_rng_state(_random ?? random);
            _forward(inputs);
        }
        finally
        {
            SetModes(modes);
            set_rng_state(random);
        }
    }

    /// <summary>Sets modes; modules that contain others come first, since they set those of these too.</summary>
    private static void SetModes((nn.Module Module, bool IsTraining)[] modes)
    {
        foreach (var (module, isTraining) in modes)
        {
            if (module.training != isTraining)
                module.train(isTraining);
        }
    }

    /// <summary>The parameters, and what modules read that are not in training: running averages that stay what they are.</summary>
    private Tensor[] Weights() =>
    [
        .. _block.parameters(),
        .. _modes.Where(mode => !mode.IsTraining).SelectMany(mode => mode.Module.buffers(recurse: false)),
    ];

    private long Version() => TensorVersion.Sum([.. _weights, .. _inputs.Select(input => input.Value)]);

    public void Dispose()
    {
        foreach (var (value, _) in _inputs)
            value.Dispose();
        _random?.Dispose();
    }
}
