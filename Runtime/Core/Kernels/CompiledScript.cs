using System.Collections.Generic;
using TorchSharp;
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

    private object Invoke(string function, object?[] arguments)
    {
        // TorchSharp makes scalars of numbers and releases them before the call: a garbage collection in another thread would
        // free memory that native code is about to read. Those made here live until it has returned.
        var scalars = new List<Scalar>();
        try
        {
            var passed = new object?[arguments.Length];
            for (var i = 0; i < passed.Length; i++)
            {
                var scalar = arguments[i] switch
                {
                    int number => number.ToScalar(),
                    double number => number.ToScalar(),
                    bool flag => flag.ToScalar(),
                    _ => null,
                };
                if (scalar is not null)
                    scalars.Add(scalar);
                passed[i] = scalar ?? arguments[i];
            }

            return _unit.invoke(function, passed!);
        }
        finally
        {
            foreach (var scalar in scalars)
                scalar.Dispose();
        }
    }
}
