using System;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>One process: every operation is the identity.</summary>
internal sealed class SingleProcess : ProcessGroup
{
    public SingleProcess()
        : base(ProcessEnvironment.Alone, TimeSpan.Zero)
    {
    }

    public override string Engine => "none";

    private protected override Device BufferDevice => CPU;

    private protected override EngineWork StartSum(Tensor buffer) => throw NotNeeded();

    private protected override EngineWork StartBroadcast(Tensor buffer, int root) => throw NotNeeded();

    private protected override void Close(bool isHealthy)
    {
    }

    private static InvalidOperationException NotNeeded() => new("A group of one process has nothing to exchange.");
}
