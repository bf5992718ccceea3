using static TorchSharp.torch;

namespace KnDsl;

/// <summary>How often a tensor was changed where it is, which torch counts and TorchSharp does not bind. No device is asked.</summary>
internal static class TensorVersion
{
    private static readonly CompiledScript Compiled = new("""
        def version(x: Tensor) -> int:
            return -1 if x.is_inference() else x._version()

        def versions(values: List[Tensor]) -> int:
            sum = 0
            for x in values:
                sum += 0 if x.is_inference() else x._version()
            return sum
        """);

    /// <summary>The version of a tensor; -1 for one of inference_mode, which has none.</summary>
    public static long Of(Tensor tensor) => Compiled.Number("version", tensor);

    /// <summary>Counts a change that is made to a tensor's memory behind torch's back.</summary>
    public static void Raise(Tensor tensor)
    {
        using var noGrad = no_grad();
        if (Of(tensor) >= 0)
            tensor.copy_(tensor);
    }

    /// <summary>The sum of the versions of tensors: it rises where one of them is changed.</summary>
    public static long Sum(Tensor[] tensors) => tensors.Length == 0 ? 0 : Compiled.Number("versions", [tensors]);
}
