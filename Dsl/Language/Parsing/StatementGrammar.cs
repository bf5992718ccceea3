using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using Sprache;

namespace KnDsl.Language.Parsing;

/// <summary>The statements of a body. The first tokens decide which one it is; words are keywords only there.</summary>
internal static class StatementGrammar
{
    private static readonly Parser<SizedName> Sized = Tokens.Identifier.Then(ExpressionGrammar.Shape, (name, shape) =>
        new SizedName(new Name(name.Text, name.Span), shape, TextSpan.Union(name.Span, shape.Span)));

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

    private static readonly Parser<Statement> Assign = ExpressionGrammar.Name.Listed().Then(Tokens.Assign, (targets, _) => targets)
        .Then(ExpressionGrammar.Value, (targets, value) =>
            (Statement)new AssignStatement(targets, value, TextSpan.Union(targets[0].Span, value.Span)));

    /// <summary>The condition of an <c>if</c>, up to the brace.</summary>
    public static readonly Parser<Expression> If =
        from keyword in Tokens.Word("if")
        from condition in ExpressionGrammar.Disjunction
        select condition;

    /// <summary>As <see cref="If"/>, after a word like 'elif', which has been reported by then.</summary>
    public static readonly Parser<Expression> ElseIf =
        from keyword in Tokens.Identifier
        from condition in ExpressionGrammar.Disjunction
        select condition;

    /// <summary>A <c>for</c> up to the brace.</summary>
    public static readonly Parser<ForStatement> ForHeader =
        from keyword in Tokens.Word("for")
        from variable in ExpressionGrammar.Name
        from of in Tokens.Word("in")
        from first in ExpressionGrammar.Disjunction
        from to in Tokens.Range.Then(_ => ExpressionGrammar.Disjunction).Optional()
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
}
