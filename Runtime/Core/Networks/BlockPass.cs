using System;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A forward pass of a block, which may be computed again: see <see cref="Recompute.Begin"/>.</summary>
public readonly record struct BlockPass : IDisposable
{
    private readonly BlockTape? _tape;
    private readonly BlockReplay? _replay;

    internal BlockPass(BlockTape tape, BlockReplay replay) => (_tape, _replay) = (tape, replay);

    /// <summary>Ends the pass of a block with one output.</summary>
    /// <param name="output">The output.</param>
    /// <returns>The output to give back.</returns>
    public Tensor Finish(Tensor output) => _tape is null ? output : Finish([output])[0];

    /// <summary>Ends the pass of a block with several outputs.</summary>
    /// <param name="outputs">The outputs.</param>
    /// <returns>The outputs to give back, in the same order.</returns>
    public Tensor[] Finish(params Tensor[] outputs)
    {
        if (_tape is null || _replay is null)
            return outputs;
        _replay.HasRun();
        return _tape.Finish(outputs, _replay.Kept);
    }

    /// <summary>Ends a pass that did not come to its end.</summary>
    public void Dispose() => _tape?.End();
}
