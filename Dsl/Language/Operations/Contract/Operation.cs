using System.Collections.Generic;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations.Contract;

/// <summary>
/// One operation of the language: everything that is known about it stands in its file, namely its arguments, its shape
/// rule, its moment rule, what it costs, and the C# that the generator writes for it. The texts of its errors stand in
/// <see cref="Diagnostics.DiagnosticCatalogue"/>.
/// </summary>
internal abstract class Operation
{
    /// <summary>The name in .knnet files.</summary>
    public abstract string Name { get; }

    /// <summary>One sentence for the reference and for generated documentation.</summary>
    public abstract string Summary { get; }

    /// <summary>A line that shows it, for the reference.</summary>
    public abstract string Example { get; }

    public virtual IReadOnlyList<OperationParameter> Parameters => [];

    /// <summary>The shape rule in words, for the reference.</summary>
    public abstract string ShapeRule { get; }

    /// <summary>The moment rule in words, for the reference; null where the operation has none and cuts the statistic chain.</summary>
    public abstract string? MomentRule { get; }

    /// <summary>Whether this use passes the state on; an operation with a rule may have none for some of its arguments.</summary>
    public virtual bool PassesState(OperationCall call) => MomentRule is not null;

    /// <summary>How many values it takes: 0 for one that is a value itself, null for one or more.</summary>
    public virtual int? InputCount => 1;

    /// <summary>The C# type of its module, or null where it is a function without parameters.</summary>
    public virtual string? ModuleType => null;

    /// <summary>The shape of the output; null where an error was reported.</summary>
    public abstract Shape? Infer(OperationCall call);

    /// <summary>C# that makes the module, where there is one.</summary>
    public virtual string Construct(OperationCall call, CodeContext code) => "";

    /// <summary>C# that computes the output; <paramref name="module"/> is the module's C# name, if it has one.</summary>
    public abstract string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs);

    /// <summary>
    /// C# that computes the state of the output from states that may be null; null where the state stays as it is.
    /// In the place of a learned tensor, which has no state, <paramref name="states"/> has the tensor.
    /// <paramref name="output"/> is the C# name of the output, whose sizes are known then.
    /// </summary>
    public virtual string? Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) => null;

    /// <summary>
    /// C# that computes the output and its state together, as a tuple, from a state that may be null; null where they are
    /// computed one after the other. Layers with weights have it: both gradients of a weight then meet without a copy.
    /// </summary>
    public virtual string? ForwardWithState(string module, string input, string state) => null;

    /// <summary>The number of its parameters.</summary>
    public virtual Size ParameterCount(OperationCall call) => Size.Zero;

    /// <summary>Multiply-accumulates for one sample.</summary>
    public virtual Size Macs(OperationCall call, Shape output) => Size.Zero;
}
