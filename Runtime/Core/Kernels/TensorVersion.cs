using static TorchSharp.torch;

namespace KnDsl;

/// <summary>How often a tensor was changed where it is, which torch counts and TorchSharp does not bind. No device is asked.</summary>
internal static class TensorVersion
{
    private static readonly CompiledScript Compiled = new("""
        def version(x: Tensor) -> int:
            return -1 if x.is_inference() else x._version()
        """);

    /// <summary>The version of a tensor; -1 for one of inference_mode, which has none.</summary>
    public static long Of(Tensor tensor) => Compiled.Number("version", tensor);
}
