using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations.Contract;

/// <summary>
/// How the state of the statistic chain passes an operation, as data. Rules have the names of their classes in the runtime,
/// where each has a file of its own (Runtime/Core/Statistics/Rules).
/// </summary>
internal abstract record MomentStep
{
    /// <summary>The named symbols that it reads.</summary>
    public virtual IEnumerable<Symbol> Symbols() => [];
}

/// <summary>The state of one input passes a rule.</summary>
internal sealed record PassStep(int Input, string Rule, IReadOnlyList<NamedOperand> Arguments) : MomentStep
{
    public override IEnumerable<Symbol> Symbols() => Arguments.SelectMany(argument => argument.Value.Symbols());
}

/// <summary>The states of all inputs come together by a rule.</summary>
internal sealed record JoinStep(string Rule, IReadOnlyList<NamedOperand> Arguments) : MomentStep
{
    public override IEnumerable<Symbol> Symbols() => Arguments.SelectMany(argument => argument.Value.Symbols());
}

/// <summary>The state passes the operation's module, whose call gives the output and its state together.</summary>
internal sealed record ModuleStep : MomentStep
{
    public static readonly ModuleStep Instance = new();
}
