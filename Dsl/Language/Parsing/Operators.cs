using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;

namespace KnDsl.Language.Parsing;

/// <summary>The binary operators: their tokens, their ranks, and how a row of them is divided by rank.</summary>
internal static class Operators
{
    /// <summary>The operator between numbers or sizes that a token stands for, or null.</summary>
    public static TokenOperator? Arithmetic(Token token) => token.Kind switch
    {
        TokenKind.Star => TokenOperator.Multiply,
        TokenKind.Slash => TokenOperator.Divide,
        TokenKind.Percent => TokenOperator.Remainder,
        TokenKind.Plus => TokenOperator.Add,
        TokenKind.Minus => TokenOperator.Subtract,
        _ => null,
    };

    /// <summary>The comparison that a token stands for, or null.</summary>
    public static TokenOperator? Comparison(Token token) => token.Kind switch
    {
        TokenKind.Equal => TokenOperator.Equal,
        TokenKind.NotEqual => TokenOperator.NotEqual,
        TokenKind.Less => TokenOperator.Less,
        TokenKind.LessEqual => TokenOperator.LessEqual,
        TokenKind.Greater => TokenOperator.Greater,
        TokenKind.GreaterEqual => TokenOperator.GreaterEqual,
        _ => null,
    };

    /// <summary>The operator between conditions that a token stands for, or null.</summary>
    public static TokenOperator? Logical(Token token) =>
        token.IsWord("and") ? TokenOperator.And : token.IsWord("or") ? TokenOperator.Or : null;

    /// <summary>How loosely an operator binds.</summary>
    private static int Rank(TokenOperator op) => op switch
    {
        TokenOperator.Multiply or TokenOperator.Divide or TokenOperator.Remainder => 0,
        TokenOperator.Add or TokenOperator.Subtract => 1,
        TokenOperator.And => 3,
        TokenOperator.Or => 4,
        _ => 2,
    };

    /// <summary>
    /// The value of a row of operators of any rank. The loosest of them divide it, and the part between two of those is a row
    /// in its turn. So it recurses as deep as there are ranks, however long the row is.
    /// </summary>
    public static Expression Group(Expression first, IReadOnlyList<RightOperand> rest)
    {
        if (rest.Count == 0)
            return first;
        var loosest = rest.Max(operand => Rank(operand.Operator));
        var parts = new List<RightOperand>();
        var start = 0;
        for (var end = 0; end <= rest.Count; end++)
        {
            if (end < rest.Count && Rank(rest[end].Operator) < loosest)
                continue;
            if (start == 0)
                first = Group(first, [.. rest.Take(end)]);
            else
                parts.Add(rest[start - 1] with { Right = Group(rest[start - 1].Right, [.. rest.Skip(start).Take(end - start)]) });
            start = end + 1;
        }
        return new OperatorExpression(first, parts, TextSpan.Union(first.Span, parts[parts.Count - 1].Right.Span));
    }
}
