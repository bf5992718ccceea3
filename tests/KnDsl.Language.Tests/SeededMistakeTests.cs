using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Language.Checking;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Parsing;
using KnDsl.Language.Text;
using Xunit;
using Xunit.Abstractions;

namespace KnDsl.Language.Tests;

/// <summary>
/// One mistake in a file that is right: a token left out, a name misspelt, another number. That is one error, not one for each place
/// that suffers from it.
/// </summary>
public sealed class SeededMistakeTests(ITestOutputHelper output)
{
    /// <summary>
    /// How many of a thousand may give several errors: a misspelt parameter is wrong for those that name it and in the body, and a size
    /// that several outputs have is wrong for each of them.
    /// </summary>
    private const int MostOfAThousand = 10;

    private const int MistakesInAFile = 20;

    private static IEnumerable<string> Files => new[] { "forms", "published" }
        .SelectMany(folder => Directory.GetFiles(Path.Combine(Repository.Cases, folder), "*.knnet", SearchOption.AllDirectories))
        .OrderBy(path => path, StringComparer.Ordinal);

    [Fact]
    public void One_mistake_gives_one_error()
    {
        var random = new Random(20180215);
        var (mistakes, several) = (0, new List<string>());
        foreach (var path in Files)
        {
            var text = File.ReadAllText(path);
            if (Errors(path, text).Length > 0)
                continue;
            var tokens = Lexer.Tokenize(new SourceText(path, text), new DiagnosticBag());
            for (var i = 0; i < MistakesInAFile; i++)
            {
                var token = tokens[random.Next(tokens.Count - 1)];
                var damaged = text[..token.Span.Start] + Damage(text.Substring(token.Span.Start, token.Span.Length), token, random)
                    + text[token.Span.End..];
                var errors = Errors(path, damaged);
                mistakes++;
                if (errors.Length > 1)
                {
                    several.Add($"{path}, line {new SourceText(path, text).At(token.Span).Line}, '{token.Text}': "
                        + string.Join(", ", errors.Select(error => $"{error.Code} in {error.Place.Line}")));
                }
            }
        }
        output.WriteLine($"{several.Count} of {mistakes} mistakes give several errors.");
        Assert.True(mistakes > 500, "The cases are what is damaged.");
        Assert.True(several.Count * 1_000 <= mistakes * MostOfAThousand, string.Join(Environment.NewLine, several));
    }

    private static string Damage(string text, Token token, Random random) => token.Kind switch
    {
        TokenKind.Integer => random.Next(2) == 0 ? "0" : $"{long.Parse(text) + 1}",
        TokenKind.Identifier when random.Next(4) > 0 =>
            text.Length > 3 && text[^1] != text[^2] ? $"{text[..^2]}{text[^1]}{text[^2]}" : text + "q",
        _ => "",
    };

    private static Diagnostic[] Errors(string path, string text) =>
    [
        .. CheckedFile.Check(new SourceText(path, text), new OtherFiles(imported => File.Exists(imported)
                ? new SourceText(imported, File.ReadAllText(imported))
                : null))
            .Diagnostics.Where(finding => finding.Severity == Severity.Error),
    ];
}
