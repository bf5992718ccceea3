using System;
using KnDsl.Language.Text;

namespace KnDsl.Language.Diagnostics;

internal enum Severity
{
    Warning,
    Error,
}

/// <summary>The entry of one code in the catalogue: its title and its severity.</summary>
internal sealed record DiagnosticDescriptor(string Code, string Title, Severity Severity)
{
    /// <summary>Whether it says that an input has the wrong number of dimensions, so that another number may be right.</summary>
    public bool DependsOnRank { get; init; }
}

/// <summary>One finding: its code, the exact place, a message and, where known, a hint and a second place.</summary>
/// <param name="Descriptor">The entry of its code in the catalogue.</param>
/// <param name="Place">The span in the .knnet file that is wrong.</param>
/// <param name="Message">What was found and what was expected, in whole sentences.</param>
/// <param name="Hint">What to write instead, where that is known.</param>
/// <param name="Other">The second place of a disagreement.</param>
internal sealed record Diagnostic(
    DiagnosticDescriptor Descriptor, Place Place, string Message, string? Hint = null, Place? Other = null)
{
    /// <summary>Whether another number of dimensions of an input may make it right.</summary>
    public bool DependsOnRank { get; init; } = Descriptor.DependsOnRank;

    /// <summary>
    /// Whether it says that a value has one number of dimensions on one way through the module and another on another: what does
    /// not fit one of them later is no second mistake.
    /// </summary>
    public bool LeavesRankOpen { get; init; }

    /// <summary>Whether it was found where arguments and inputs were any, so that sizes were symbols.</summary>
    public bool IsOfAnyArguments { get; init; }

    public string Code => Descriptor.Code;

    /// <summary>Whether it is about sizes or ranges, which other inputs or arguments could make right.</summary>
    public bool IsOfSizes => Code is "KN0107" || Code.StartsWith("KN02", StringComparison.Ordinal);

    public Severity Severity => Descriptor.Severity;

    /// <summary>Message and hint as one text, as compilers print them.</summary>
    public string Text => Hint is null ? Message : $"{Message} {Hint}";

    /// <summary>The same, where another number of dimensions of an input may make it right.</summary>
    public Diagnostic OfThisRank() => this with { DependsOnRank = true };

    /// <summary>A sentence more after the hint, if there is one.</summary>
    public Diagnostic WithMore(string sentence) => this with { Hint = Hint is null ? sentence : $"{Hint} {sentence}" };

    public Diagnostic WithHint(string? hint) => hint is null ? this : this with { Hint = hint };
}
