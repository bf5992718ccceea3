using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Parsing;
using KnDsl.Language.Text;
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

    /// <summary>The arguments that the module is checked for; none where it is checked for any.</summary>
    public IReadOnlyDictionary<string, Value> Arguments { get; set; } = new Dictionary<string, Value>();

    private readonly HashSet<(string Code, string Text)> _ofArguments = [];

    public void Report(Diagnostic diagnostic)
    {
        if (diagnostic.Severity == Severity.Error)
        {
            HasFailed = true;
            FirstError ??= diagnostic;
            if (DependsOnArguments(diagnostic) && NumbersIn(diagnostic.Place) is { Length: > 0 } numbers)
            {
                // Where one text is wrong in several places, the argument in it is: that is one mistake.
                if (!_ofArguments.Add((diagnostic.Code, diagnostic.Place.OneLine())))
                    return;
                diagnostic = diagnostic with { Hint = $"{(diagnostic.Hint is { } hint ? hint + " " : "")}{numbers}" };
            }
        }
        bag.Add(diagnostic);
    }

    /// <summary>Whether it is about sizes or ranges, which other arguments could make right.</summary>
    private static bool DependsOnArguments(Diagnostic diagnostic) =>
        diagnostic.Code is "KN0107" || diagnostic.Code.StartsWith("KN02", StringComparison.Ordinal);

    /// <summary>The arguments that a text names, with their numbers: "Here 'heads' is 7."</summary>
    private string NumbersIn(Place place)
    {
        var numbers = Lexer.Tokenize(place.Text, place.Span, new DiagnosticBag())
            .Where(token => token.Is(TokenKind.Identifier)).Select(token => token.Text).Distinct()
            .Where(name => Arguments.TryGetValue(name, out var value) && value is SizeValue { Size.Value: not null })
            .Select(name => $"'{name}' is {Arguments[name].Describe()}").ToArray();
        return numbers.Length == 0 ? "" : $"Here {string.Join(" and ", numbers)}.";
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
