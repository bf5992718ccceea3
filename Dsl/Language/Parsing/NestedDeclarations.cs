using System.Collections.Generic;

namespace KnDsl.Language.Parsing;

/// <summary>
/// Networks and blocks that are declared inside the braces of another one, as other languages have it: they are read as if they came
/// after it, so that nothing but their place is wrong.
/// </summary>
internal static class NestedDeclarations
{
    /// <summary>The tokens with every nested declaration after the one that has it, and the first tokens of those declarations.</summary>
    /// <param name="tokens">All tokens of a file; they are given back where nothing is nested.</param>
    public static (IReadOnlyList<Token> Tokens, IReadOnlyList<Token> Nested) MoveOut(IReadOnlyList<Token> tokens)
    {
        List<Token>? moved = null;
        var nested = new List<Token>();
        for (var i = 0; i < tokens.Count; i++)
        {
            if (!IsModule(tokens, i) || EndOf(tokens, i) is not { } end)
            {
                moved?.Add(tokens[i]);
                continue;
            }
            var inside = new List<(int Start, int End)>();
            for (var at = i + 1; at < end; at++)
                if (IsModule(tokens, at) && EndOf(tokens, at) is { } after)
                {
                    inside.Add((at, after));
                    at = after - 1;
                }
            if (inside.Count > 0 && moved is null)
            {
                moved = [];
                for (var before = 0; before < i; before++)
                    moved.Add(tokens[before]);
            }
            moved?.AddRange(Without(tokens, i, end, inside));
            foreach (var (start, after) in inside)
            {
                nested.Add(tokens[start]);
                moved!.AddRange(Without(tokens, start, after, []));
            }
            i = end - 1;
        }
        return (moved ?? tokens, nested);
    }

    private static bool IsModule(IReadOnlyList<Token> tokens, int at) =>
        tokens[at].Text is "network" or "block" && StatementBounds.StartsDeclaration(tokens, at);

    /// <summary>
    /// The token after the closing brace of the declaration that starts here; null where braces are missing. What is declared inside has
    /// braces of its own that match.
    /// </summary>
    private static int? EndOf(IReadOnlyList<Token> tokens, int start)
    {
        var open = StatementBounds.EndOfModuleHeader(tokens, start);
        if (!tokens[open].Is(TokenKind.OpenBrace))
            return null;
        var depth = 0;
        for (var i = open; !tokens[i].Is(TokenKind.End); i++)
        {
            depth += tokens[i].Kind switch { TokenKind.OpenBrace => 1, TokenKind.CloseBrace => -1, _ => 0 };
            if (depth == 0)
                return i + 1;
        }
        return null;
    }

    private static IEnumerable<Token> Without(IReadOnlyList<Token> tokens, int start, int end, IReadOnlyList<(int Start, int End)> left)
    {
        for (int i = start, next = 0; i < end; i++)
            if (next < left.Count && i == left[next].Start)
                i = left[next++].End - 1;
            else
                yield return tokens[i];
    }
}
