using System.Linq;
using TorchSharp;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>TorchScript functions: several tensor operations for the price of one call.</summary>
internal sealed class CompiledScript
{
    private readonly jit.CompilationUnit _unit;

    /// <param name="source">Functions in TorchScript, each returning a list of tensors or a whole number.</param>
    public CompiledScript(string source)
    {
        // The parser wants the last statement's line to end.
        _unit = jit.compile(source + "\n");
    }

    /// <summary>Calls a function that returns tensors.</summary>
    /// <param name="function">Its name.</param>
    /// <param name="arguments">Tensors, arrays of tensors, null, int, double, bool.</param>
    public Tensor[] Call(string function, params object?[] arguments) => (Tensor[])Invoke(function, arguments);

    /// <summary>Calls a function that returns a whole number, which the host knows: no device is asked.</summary>
    /// <inheritdoc cref="Call"/>
    public long Number(string function, params object?[] arguments)
    {
        using var number = (Scalar)Invoke(function, arguments);
        return number.ToInt64();
    }

    private object Invoke(string function, object?[] arguments) => _unit.invoke(
        function,
        [
            .. arguments.Select(argument => argument switch
            {
                int number => Held(number),
                double number => Held(number),
                bool flag => Held(flag),
                _ => argument!,
            }),
        ]);
}
