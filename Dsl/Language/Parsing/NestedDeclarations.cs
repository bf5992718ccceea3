using System.Collections.Generic;

namespace KnDsl.Language.Parsing;

/// <summary>
/// Declarations inside the braces of a network or a block, as other languages have them: they are read as if they came after it, so that
/// nothing but their place is wrong.
/// </summary>
internal sealed class NestedDeclarations
{
    private readonly IReadOnlyList<Token> _tokens;
    private readonly List<Token> _moved = [];
    private readonly List<Token> _nested = [];
    private readonly Dictionary<int, int> _closing;

    private NestedDeclarations(IReadOnlyList<Token> tokens)
    {
        _tokens = tokens;
        _closing = Match(tokens);
        for (var i = 0; i < tokens.Count; i++)
            if (StatementBounds.StartsDeclaration(tokens, i) && EndOf(i) is { } end)
            {
                Move(i, end, 1);
                i = end - 1;
            }
            else
                _moved.Add(tokens[i]);
    }

    /// <summary>
    /// The tokens with every nested declaration after the one that has it, and the first tokens of the outermost nested ones.
    /// </summary>
    /// <param name="tokens">All tokens of a file; they are given back where nothing is nested.</param>
    public static (IReadOnlyList<Token> Tokens, IReadOnlyList<Token> Nested) MoveOut(IReadOnlyList<Token> tokens)
    {
        if (!HasDeclarationInBraces(tokens))
            return (tokens, []);
        var result = new NestedDeclarations(tokens);
        return (result._moved, result._nested);
    }

    /// <summary>Whether a declaration starts before all braces are closed: one is nested, or a brace is missing before it.</summary>
    private static bool HasDeclarationInBraces(IReadOnlyList<Token> tokens)
    {
        var depth = 0;
        for (var i = 0; i < tokens.Count; i++)
            if (tokens[i].Is(TokenKind.OpenBrace))
                depth++;
            else if (tokens[i].Is(TokenKind.CloseBrace) && depth > 0)
                depth--;
            else if (depth > 0 && StatementBounds.StartsDeclaration(tokens, i))
                return true;
        return false;
    }

    /// <summary>A declaration without those inside of it, and these after it.</summary>
    private void Move(int start, int end, int depth)
    {
        var inside = new List<(int Start, int End)>();
        for (var i = start; i < end; i++)
            if (i > start && depth < Parser.MaxNesting && StatementBounds.StartsDeclaration(_tokens, i) && EndOf(i) is { } after)
            {
                inside.Add((i, after));
                i = after - 1;
            }
            else
                _moved.Add(_tokens[i]);
        foreach (var (first, after) in inside)
        {
            // What is nested in that is the same mistake.
            if (depth == 1)
                _nested.Add(_tokens[first]);
            Move(first, after, depth + 1);
        }
    }

    /// <summary>The token after the declaration that starts here; null where its braces are missing.</summary>
    private int? EndOf(int start) => !IsModule(_tokens[start]) ? StatementBounds.EndOfDeclaration(_tokens, start)
        : _closing.TryGetValue(StatementBounds.EndOfModuleHeader(_tokens, start), out var closing) ? closing + 1
        : null;

    /// <summary>Whether a declaration that begins so has a body.</summary>
    public static bool IsModule(Token first) => first.Text is "network" or "block";

    /// <summary>For every opening brace that is closed the brace that closes it.</summary>
    private static Dictionary<int, int> Match(IReadOnlyList<Token> tokens)
    {
        var closing = new Dictionary<int, int>();
        var open = new Stack<int>();
        for (var i = 0; i < tokens.Count; i++)
            if (tokens[i].Is(TokenKind.OpenBrace))
                open.Push(i);
            else if (tokens[i].Is(TokenKind.CloseBrace) && open.Count > 0)
                closing[open.Pop()] = i;
        return closing;
    }
}
