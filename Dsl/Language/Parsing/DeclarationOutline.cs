using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Syntax;

namespace KnDsl.Language.Parsing;

/// <summary>A name in the parentheses of a header, as far as it can be read.</summary>
/// <param name="Name">The name.</param>
/// <param name="Type">Its type as the file has it, such as <c>int[]</c>; null where that is none of the language.</param>
/// <param name="Default">The number or word that is its default, if it is a single one.</param>
internal sealed record OutlinedParameter(string Name, string? Type, Token? Default);

/// <summary>
/// What a network or block takes and gives, by its tokens alone: for one of which a part cannot be read or is wrong. Names that have sizes
/// right after them are inputs and outputs, whatever else is wrong with their statement.
/// </summary>
/// <param name="Parameters">The parameters.</param>
/// <param name="Inputs">The names of the inputs; one where none can be read.</param>
/// <param name="Outputs">The names of the outputs; one where none can be read.</param>
/// <param name="Sizes">The sizes of a block's inputs that its constructor may ask for, as <c>x.channels</c>.</param>
internal sealed record DeclarationOutline(
    IReadOnlyList<OutlinedParameter> Parameters, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, IReadOnlyList<string> Sizes)
{
    /// <param name="declaration">The network or block.</param>
    /// <param name="tokens">The tokens of its file.</param>
    public static DeclarationOutline Of(ModuleDeclaration declaration, IReadOnlyList<Token> tokens)
    {
        var start = 0;
        while (tokens[start].Span.Start != declaration.Name.Span.Start && !tokens[start].Is(TokenKind.End))
            start++;
        start = System.Math.Min(start + 1, tokens.Count - 1);
        var open = StatementBounds.EndOfModuleHeader(tokens, start);
        var (parameters, inputs, outputs, sizes) =
            (new List<OutlinedParameter>(), new List<string>(), new List<string>(), new List<string>());
        ReadHeader(tokens, start, open, declaration.Kind == ModuleKind.Block, parameters, inputs, sizes);
        ReadBody(tokens, open, inputs, outputs);
        return new DeclarationOutline(
            [.. parameters.GroupBy(parameter => parameter.Name).Select(same => same.First())],
            inputs.Count == 0 ? ["input"] : [.. inputs.Distinct()],
            outputs.Count == 0 ? ["output"] : outputs,
            [.. sizes.Distinct()]);
    }

    /// <summary>
    /// Reads a header whose brackets may be wrong: a name before a colon, a type or an equals sign is a parameter, one between commas an
    /// input. That the named arguments of a default are parameters then does no harm.
    /// </summary>
    private static void ReadHeader(
        IReadOnlyList<Token> tokens, int start, int end, bool isBlock, List<OutlinedParameter> parameters, List<string> inputs,
        List<string> sizes)
    {
        for (var (i, depth) = (start, 0); i < end; depth += tokens[i].Nesting, i++)
        {
            if (!tokens[i].Is(TokenKind.Identifier))
                continue;
            var (name, next) = (tokens[i].Text, tokens[i + 1]);
            if (next.Is(TokenKind.Colon))
                parameters.Add(new OutlinedParameter(name, TypeAt(tokens, i + 2, end), DefaultOf(tokens, i, end)));
            else if (next.Is(TokenKind.Identifier) && Parameter.Types.Contains(next.Text))
                parameters.Add(new OutlinedParameter(name, TypeAt(tokens, i + 1, end), DefaultOf(tokens, i, end)));
            // As C has it: int width.
            else if (next.Is(TokenKind.Identifier))
                parameters.Add(new OutlinedParameter(next.Text, TypeAt(tokens, i, end), DefaultOf(tokens, i, end)));
            else if (next.Is(TokenKind.Assign) && !tokens[i - 1].Is(TokenKind.Colon) && !Parameter.Types.Contains(name))
                parameters.Add(new OutlinedParameter(name, null, null));
            else if (depth > 1 || !(tokens[i - 1].Kind is TokenKind.OpenParen or TokenKind.Comma) || i == start
                || next.Kind is not (TokenKind.Comma or TokenKind.CloseParen or TokenKind.OpenBracket or TokenKind.OpenBrace))
                continue;
            else if (!isBlock)
                parameters.Add(new OutlinedParameter(name, null, null));
            else
            {
                inputs.Add(name);
                sizes.Add($"{name}.channels");
                if (next.Is(TokenKind.OpenBracket))
                    sizes.AddRange(tokens.Skip(i + 2).TakeWhile(token => !token.Is(TokenKind.CloseBracket)).Take(8)
                        .Where(token => token.Is(TokenKind.Identifier)).Select(size => $"{name}.{size.Text}"));
            }
        }
    }

    private static string? TypeAt(IReadOnlyList<Token> tokens, int at, int end) =>
        at >= end || !Parameter.Types.Contains(tokens[at].Text) ? null
        : at + 1 < end && tokens[at + 1].Is(TokenKind.OpenBracket) ? tokens[at].Text is "int" or "float" ? tokens[at].Text + "[]" : null
        : tokens[at].Text;

    /// <summary>The single token after the equals sign, if one comes before the next comma.</summary>
    private static Token? DefaultOf(IReadOnlyList<Token> tokens, int at, int end)
    {
        while (at < end && tokens[at].Kind is not (TokenKind.Comma or TokenKind.Assign))
            at++;
        return at + 2 < end && tokens[at].Is(TokenKind.Assign) && tokens[at + 2].Kind is TokenKind.Comma or TokenKind.CloseParen
            ? tokens[at + 1]
            : null;
    }

    private static void ReadBody(IReadOnlyList<Token> tokens, int open, List<string> inputs, List<string> outputs)
    {
        var isInside = 0;
        for (var i = open; !tokens[i].Is(TokenKind.End) && !StatementBounds.StartsDeclaration(tokens, i); i++)
        {
            isInside += tokens[i].Is(TokenKind.OpenBrace) ? 1 : tokens[i].Is(TokenKind.CloseBrace) ? -1 : 0;
            if (isInside <= 0 && i > open)
                return;
            if (!tokens[i].FirstOnLine || !tokens[i].Is(TokenKind.Identifier))
                continue;
            var end = StatementBounds.EndOfStatement(tokens, i);
            if (tokens[i].Text == "input")
                inputs.AddRange(Sized(tokens, i + 1, end));
            else if (tokens[i].Text == "output")
                outputs.AddRange(Sized(tokens, i + 1, end));
            else if (tokens[i].Text == "return")
                outputs.AddRange(Returned(tokens, i + 1, end));
            // The word is missing.
            else if (tokens[i + 1].Is(TokenKind.OpenBracket) && !Enumerable.Range(i, end - i).Any(at => tokens[at].Is(TokenKind.Assign)))
                (inputs.Count == 0 ? inputs : outputs).AddRange(Sized(tokens, i, end));
        }
    }

    /// <summary>
    /// The names with sizes right after them, and those by themselves between commas; where there are none, all names that brackets list.
    /// </summary>
    private static string[] Sized(IReadOnlyList<Token> tokens, int start, int end)
    {
        var statement = Enumerable.Range(start, System.Math.Max(0, end - start)).ToArray();
        var isBalanced = statement.Sum(i => tokens[i].Nesting) == 0;
        var (depth, names) = (0, new List<string>());
        foreach (var i in statement)
        {
            var before = i == start ? TokenKind.Comma : tokens[i - 1].Kind;
            var after = i + 1 == end ? TokenKind.Comma : tokens[i + 1].Kind;
            if (tokens[i].Is(TokenKind.Identifier) && (after == TokenKind.OpenBracket || !isBalanced && i == start
                || isBalanced && depth == 0 && before == TokenKind.Comma && after == TokenKind.Comma))
                names.Add(tokens[i].Text);
            depth += tokens[i].Nesting;
        }
        return names.Count > 0 ? [.. names]
            : statement.All(i => tokens[i].Nesting != 0 || tokens[i].Kind is TokenKind.Identifier or TokenKind.Comma)
                ? [.. statement.Where(i => tokens[i].Is(TokenKind.Identifier)).Select(i => tokens[i].Text)]
            : [];
    }

    /// <summary>The values of a return statement: their names, or numbered ones.</summary>
    private static IEnumerable<string> Returned(IReadOnlyList<Token> tokens, int start, int end)
    {
        var (depth, first, number) = (0, start, 1);
        for (var i = start; i <= end; i++)
        {
            if (i < end && !(depth == 0 && tokens[i].Is(TokenKind.Comma)))
            {
                depth += tokens[i].Nesting;
                continue;
            }
            yield return i == first + 1 && tokens[first].Is(TokenKind.Identifier) ? tokens[first].Text : $"output{number}";
            (first, number) = (i + 1, number + 1);
        }
    }
}
