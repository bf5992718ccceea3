using static TorchSharp.torch;

namespace KnDsl;

/// <summary>TorchScript functions: several tensor operations for the price of one call.</summary>
internal sealed class CompiledScript
{
    private readonly jit.CompilationUnit _unit;

    /// <param name="source">Functions in TorchScript, each returning a list of tensors.</param>
    public CompiledScript(string source)
    {
        // The parser wants the last statement's line to end.
        _unit = jit.compile(source + "\n");
    }

    /// <summary>Calls a function.</summary>
    /// <param name="function">Its name.</param>
    /// <param name="arguments">Tensors, arrays of tensors, null, int, double, bool.</param>
    public Tensor[] Call(string function, params object?[] arguments) =>
        (Tensor[])_unit.invoke(function, arguments!);
}
