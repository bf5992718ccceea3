using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using Sprache;

namespace KnDsl.Language.Parsing;

/// <summary>Statements of a body. The first tokens decide which one it is; words are keywords only there.</summary>
internal static class StatementGrammar
{
    private static readonly Parser<SizedName> Sized =
        from name in Tokens.Identifier
        from shape in ExpressionGrammar.Shape
        select new SizedName(new Name(name.Text, name.Span), shape, name.Documentation, TextSpan.Union(name.Span, shape.Span));

    private static readonly Parser<Statement> Input =
        from keyword in Tokens.Word("input")
        from values in Sized.Listed()
        select new InputStatement(values, TextSpan.Union(keyword.Span, values[values.Count - 1].Span));

    private static readonly Parser<Statement> Output =
        from keyword in Tokens.Word("output")
        from values in Sized.Listed()
        select new OutputStatement(values, TextSpan.Union(keyword.Span, values[values.Count - 1].Span));

    private static readonly Parser<Statement> Norm =
        from keyword in Tokens.Word("norm")
        from assign in Tokens.Assign
        from policy in ExpressionGrammar.Disjunction
        select new NormStatement(policy, TextSpan.Union(keyword.Span, policy.Span));

    private static readonly Parser<Statement> Return =
        from keyword in Tokens.Word("return")
        from values in ExpressionGrammar.Value.Listed()
        select new ReturnStatement(values, TextSpan.Union(keyword.Span, values[values.Count - 1].Span));

    private static readonly Parser<Statement> Module =
        from keyword in Tokens.Word("module")
        from name in ExpressionGrammar.Name
        from assign in Tokens.Assign
        from label in ExpressionGrammar.StageLabel.Optional()
        from call in ExpressionGrammar.Call
        select new ModuleStatement(
            name, label.IsDefined ? label.Get() : LabelGrammar.Word(name), call,
            TextSpan.Union(keyword.Span, call.Span));

    private static readonly Parser<Statement> Assign =
        ExpressionGrammar.Name.Listed().Then(targets => Tokens.Assign.Then(_ => ExpressionGrammar.Value)
            .Select(value => (Statement)new AssignStatement(targets, value, TextSpan.Union(targets[0].Span, value.Span))));

    /// <summary>Up to the brace.</summary>
    public static readonly Parser<Expression> If =
        from keyword in Tokens.Word("if")
        from condition in ExpressionGrammar.Disjunction
        select condition;

    /// <summary>As <see cref="If"/>, for whoever writes 'elif'; that is reported.</summary>
    public static readonly Parser<Expression> ElseIf =
        from keyword in Tokens.Identifier
        from condition in ExpressionGrammar.Disjunction
        select condition;

    /// <summary>Up to the brace.</summary>
    public static readonly Parser<ForStatement> ForHeader =
        from keyword in Tokens.Word("for")
        from variable in ExpressionGrammar.Name
        from of in Tokens.Word("in")
        from first in ExpressionGrammar.Disjunction
        from to in (from dots in Tokens.Range from last in ExpressionGrammar.Disjunction select last).Optional()
        select new ForStatement(variable, first, to.GetOrDefault(), [], keyword.Span);

    /// <summary>The parser of the statement that starts at a token.</summary>
    public static Parser<Statement> At(IReadOnlyList<Token> tokens, int start)
    {
        var first = tokens[start];
        var next = tokens[Math.Min(start + 1, tokens.Count - 1)];
        if (next.Is(TokenKind.Assign) || next.Is(TokenKind.Comma))
            return first.IsWord("norm") ? Norm : Assign;
        return first.Text switch
        {
            "input" => Input,
            "output" => Output,
            "return" => Return,
            "module" => Module,
            _ => Assign,
        };
    }

    /// <summary>
    /// Whether a statement must start at this token, the first of its line, whatever is still open before it: so a
    /// forgotten bracket spoils one statement and not the rest of the file.
    /// </summary>
    public static bool Starts(IReadOnlyList<Token> tokens, int at)
    {
        var first = tokens[at];
        if (!first.Is(TokenKind.Identifier))
            return false;
        var next = tokens[Math.Min(at + 1, tokens.Count - 1)];
        if (next.Is(TokenKind.Assign))
            return true;
        if (first.Text is "input" or "output" && next.Is(TokenKind.Identifier)
            && tokens[Math.Min(at + 2, tokens.Count - 1)].Is(TokenKind.OpenBracket))
            return true;
        if (first.Text is "module" or "for" && next.Is(TokenKind.Identifier))
            return true;
        if (first.Text is "return" or "if" && next.Kind is TokenKind.Identifier or TokenKind.OpenParen && next.Span.Start > first.Span.End)
            return true;
        return TargetsOf(tokens, at, tokens.Count).Count > 1;
    }

    /// <summary>The names that a statement which cannot be read would have defined.</summary>
    public static IReadOnlyList<Name> DefinedBy(IReadOnlyList<Token> tokens, int start, int end)
    {
        if (tokens[start].IsWord("input"))
            return Enumerable.Range(start + 1, Math.Max(0, end - start - 1)).Where(i => tokens[i].Is(TokenKind.Identifier))
                .Select(i => new Name(tokens[i].Text, tokens[i].Span)).ToArray();
        if (tokens[start].IsWord("module") && start + 1 < end && tokens[start + 1].Kind is TokenKind.Identifier or TokenKind.Label)
            return [new Name(tokens[start + 1].Text, tokens[start + 1].Span)];
        // Whatever stands before the equals sign, read or not.
        var assign = start;
        while (assign < end && tokens[assign].Kind is TokenKind.Identifier or TokenKind.Comma
            or TokenKind.OpenParen or TokenKind.CloseParen or TokenKind.OpenBracket or TokenKind.CloseBracket)
            assign++;
        return assign == end || !tokens[assign].Is(TokenKind.Assign) ? [] : Enumerable.Range(start, assign - start)
            .Where(i => tokens[i].Is(TokenKind.Identifier)).Select(i => new Name(tokens[i].Text, tokens[i].Span)).ToArray();
    }

    /// <summary>The names before an equals sign, or none where the statement is no assignment.</summary>
    public static IReadOnlyList<Name> TargetsOf(IReadOnlyList<Token> tokens, int start, int end)
    {
        var names = new List<Name>();
        for (var i = start; i + 1 < end && tokens[i].Is(TokenKind.Identifier); i += 2)
        {
            names.Add(new Name(tokens[i].Text, tokens[i].Span));
            if (tokens[i + 1].Is(TokenKind.Assign))
                return names;
            if (!tokens[i + 1].Is(TokenKind.Comma))
                break;
        }
        return [];
    }
}
