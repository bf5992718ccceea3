using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Parsing;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>What is found wrong with one module, and whether anything was.</summary>
/// <param name="subject">The module.</param>
/// <param name="bag">Where the findings of all modules go.</param>
internal sealed class Findings(Subject subject, DiagnosticBag bag)
{
    /// <summary>Several values of which something is wrong, with the error reported.</summary>
    public static readonly IReadOnlyList<Value> NoValues = [ErrorValue.Instance];

    public DiagnosticBag Bag => bag;

    /// <summary>Whether the module cannot be built: an error was reported, for it or by it.</summary>
    public bool HasFailed { get; private set; }

    public Diagnostic? FirstError { get; private set; }

    /// <summary>The arguments that the module is checked for; none where it is checked for any.</summary>
    public IReadOnlyDictionary<string, Value> Arguments { get; set; } = new Dictionary<string, Value>();

    private readonly HashSet<(string Code, string Argument)> _ofArguments = [];
    private readonly Nesting _withoutSizes = new();

    public void Report(Diagnostic diagnostic)
    {
        if (subject.IsGeneric)
            diagnostic = diagnostic with { IsOfAnyArguments = true };
        if (diagnostic.Severity == Severity.Error)
        {
            HasFailed = true;
            if (bag.PassesOver)
                return;
            if (_withoutSizes.IsInside && diagnostic.IsOfSizes)
                return;
            FirstError ??= diagnostic;
            if (diagnostic.IsOfSizes && diagnostic.Code is not ("KN0201" or "KN0205" or "KN0206")
                && ArgumentsIn(diagnostic.Place) is { Length: > 0 } names)
            {
                // Where several texts are wrong with one argument in them, the argument is: that is one mistake. No argument
                // changes the number of dimensions.
                if (!names.All(name => _ofArguments.Add((diagnostic.Code, name))))
                    return;
                var numbers = names.Where(Arguments.ContainsKey).Select(name => $"'{name}' is {Arguments[name].Describe()}").ToArray();
                if (numbers.Length > 0)
                    diagnostic = diagnostic.WithMore($"Here {string.Join(" and ", numbers)}.");
            }
            // Another use of the block may be right.
            if (diagnostic.IsOfSizes && subject.Use is { } use)
                diagnostic = diagnostic.WithMore($"This is for {use}.");
        }
        bag.Add(diagnostic);
    }

    /// <summary>Errors of sizes are passed over until the result is disposed of: another error, reported already, may cause them.</summary>
    public IDisposable WithoutSizes() => _withoutSizes.Enter();

    /// <summary>The arguments that a text names and that are numbers; or the number that it is.</summary>
    private string[] ArgumentsIn(Place place)
    {
        var tokens = Lexer.Tokenize(place.Text, place.Span, new DiagnosticBag());
        if (Arguments.Count > 0 && tokens[0].Is(TokenKind.Identifier) && tokens[1].Is(TokenKind.End))
            return [tokens[0].Text];
        return tokens.Where((token, i) => token.Is(TokenKind.Identifier) && !(i > 0 && tokens[i - 1].Is(TokenKind.Dot))
                && !tokens[i + 1].Is(TokenKind.Colon))
            .Select(token => token.Text).Distinct()
            .Where(name => Arguments.TryGetValue(name, out var value) && value is SizeValue { Size.Value: not null }).ToArray();
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
