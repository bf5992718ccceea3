using System.Collections.Generic;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>What is found wrong with one module, and whether anything was.</summary>
/// <param name="bag">Where the findings of all modules go.</param>
internal sealed class Findings(DiagnosticBag bag)
{
    /// <summary>Several values of which something is wrong, with the error reported.</summary>
    public static readonly IReadOnlyList<Value> NoValues = [ErrorValue.Instance];

    public DiagnosticBag Bag => bag;

    /// <summary>Whether the module cannot be built: an error was reported, for it or by it.</summary>
    public bool HasFailed { get; private set; }

    public Diagnostic? FirstError { get; private set; }

    public void Report(Diagnostic diagnostic)
    {
        if (diagnostic.Severity == Severity.Error)
        {
            HasFailed = true;
            FirstError ??= diagnostic;
        }
        bag.Add(diagnostic);
    }

    /// <summary>Reports an error; the value that it leaves silences whatever depends on it.</summary>
    public ErrorValue Fail(Diagnostic diagnostic)
    {
        Report(diagnostic);
        return ErrorValue.Instance;
    }

    /// <summary>Passes over what an error that is reported already explains: the module is incomplete, and nothing more is said.</summary>
    public ErrorValue Suppress()
    {
        HasFailed = true;
        return ErrorValue.Instance;
    }
}
