using KnDsl.Language.Text;

namespace KnDsl.Language.Diagnostics;

internal enum Severity
{
    Warning,
    Error,
}

/// <summary>What the catalogue says of one code: its title and how grave it is.</summary>
internal sealed record DiagnosticDescriptor(string Code, string Title, Severity Severity);

/// <summary>One finding: code, exact place, what was found and expected, what would be right.</summary>
/// <param name="Descriptor">The catalogue's entry of the code.</param>
/// <param name="Place">The span in the .knnet file that is wrong.</param>
/// <param name="Message">What was found and what was expected, one sentence each.</param>
/// <param name="Hint">What would be right, where that is known.</param>
/// <param name="Other">The second place of a disagreement.</param>
internal sealed record Diagnostic(
    DiagnosticDescriptor Descriptor, Place Place, string Message, string? Hint = null, Place? Other = null)
{
    public string Code => Descriptor.Code;

    public Severity Severity => Descriptor.Severity;

    /// <summary>Message and hint as one text, as compilers print them.</summary>
    public string Text => Hint is null ? Message : $"{Message} {Hint}";

    public Diagnostic WithHint(string? hint) => hint is null ? this : this with { Hint = hint };
}
