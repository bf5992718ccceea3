using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Syntax;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>The parameters that the arguments of a call are bound to: of an operation or a policy, or of a block.</summary>
internal abstract class Signature
{
    public abstract int Count { get; }

    public abstract string NameOf(int parameter);

    /// <summary>What the parameter takes, as a message says it.</summary>
    public abstract string KindOf(int parameter);

    /// <summary>Whether it is given by its name only.</summary>
    public abstract bool IsNameOnly(int parameter);

    public abstract bool IsRequired(int parameter);

    /// <summary>Whether the first parameter takes all arguments by position as one list.</summary>
    public abstract bool IsVariadic { get; }

    /// <summary>An argument's value, of the parameter's kind and in its range, or an error.</summary>
    public abstract Value Evaluate(BodyPath path, int parameter, Expression argument);

    /// <summary>The parameter of a name, or -1.</summary>
    public int Find(string name)
    {
        for (var i = 0; i < Count; i++)
            if (NameOf(i) == name)
                return i;
        return -1;
    }

    public IEnumerable<string> Names => Enumerable.Range(0, Count).Select(NameOf);

    /// <summary>All that can be given by name.</summary>
    public virtual IEnumerable<string> Known => Names;
}

/// <summary>The parameters of an operation or a policy.</summary>
internal sealed class OperationSignature(IReadOnlyList<OperationParameter> parameters, ArgumentEvaluator evaluator, string callee)
    : Signature
{
    public override int Count => parameters.Count;

    public override bool IsVariadic => parameters.Count > 0 && parameters[0].IsVariadic;

    public override string NameOf(int parameter) => parameters[parameter].Name;

    public override string KindOf(int parameter) => parameters[parameter].KindText;

    public override bool IsNameOnly(int parameter) => parameters[parameter].IsNameOnly;

    public override bool IsRequired(int parameter) => parameters[parameter].IsRequired;

    public override Value Evaluate(BodyPath path, int parameter, Expression argument) =>
        evaluator.Evaluate(path, argument, parameters[parameter], callee);
}

/// <summary>The parameters of a block, all of which can be given by position.</summary>
/// <param name="missing">The inputs that the call has not given.</param>
internal sealed class BlockSignature(ModuleDeclaration declaration, ArgumentEvaluator evaluator, IEnumerable<string> missing)
    : Signature
{
    public override IEnumerable<string> Known => missing.Concat(Names);

    public override int Count => declaration.Parameters.Count;

    public override bool IsVariadic => false;

    public override string NameOf(int parameter) => declaration.Parameters[parameter].Name.Text;

    public override string KindOf(int parameter) => declaration.Parameters[parameter].TypeText;

    public override bool IsNameOnly(int parameter) => false;

    public override bool IsRequired(int parameter) => declaration.Parameters[parameter].Default is null;

    public override Value Evaluate(BodyPath path, int parameter, Expression argument) =>
        evaluator.EvaluateKnown(path, argument, declaration.Parameters[parameter], declaration.Name.Text);
}
