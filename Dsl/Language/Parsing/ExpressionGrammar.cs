using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using Sprache;

namespace KnDsl.Language.Parsing;

/// <summary>Expressions and chains, smallest first. Operators of equal rank are read as a row, so nothing recurses along it.</summary>
internal static class ExpressionGrammar
{
    public static readonly Parser<Name> Name =
        from token in Tokens.Identifier
        select new Name(token.Text, token.Span);

    private static readonly Parser<Expression> Number =
        Tokens.Integer.Select(token => int.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
                ? (Expression)new IntegerLiteral(value, token.Span)
                : new ErrorExpression(token.Span))
            .Or(Tokens.Float.Select(token =>
                double.TryParse(token.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && !double.IsInfinity(value)
                    ? (Expression)new FloatLiteral(value, token.Span)
                    : new ErrorExpression(token.Span)));

    private static readonly Parser<Expression> Text =
        from token in Tokens.QuotedText
        select (Expression)new TextLiteral(token.Text, token.Span);

    /// <summary>Named only where a colon follows the word, so that the first two tokens decide.</summary>
    private static readonly Parser<Argument> Argument =
        (from name in Name
         from colon in Tokens.Colon
         from value in Combinators.Later(() => Expression!)
         select new Argument(name, value, TextSpan.Union(name.Span, value.Span)))
        .After(TokenKind.Identifier, TokenKind.Colon)
        .Or(Combinators.Later(() => Expression!).Select(value => new Argument(null, value, value.Span)));

    private static readonly Parser<(Token Open, IReadOnlyList<Argument> Items, Token Close)> Arguments =
        Argument.Within(Tokens.OpenParen, Tokens.CloseParen);

    private static readonly Parser<IOption<(Token Open, IReadOnlyList<Argument> Items, Token Close)>> AnyArguments = Arguments.Optional();

    /// <summary>A dotted name: a shared module may have a label of several parts.</summary>
    private static readonly Parser<Name> Callee = Name.FollowedBy(
        from dot in Tokens.Dot from part in Tokens.Identifier.Or(Tokens.Integer) select part,
        (first, rest) => new Name(first.Text + string.Concat(rest.Select(part => "." + part.Text)), TextSpan.Union(first.Span, rest[rest.Count - 1].Span)));

    public static readonly Parser<Call> Call =
        (from callee in Callee
         from arguments in AnyArguments
         select arguments.IsDefined
             ? new Call(callee, arguments.Get().Items, true, TextSpan.Union(callee.Span, arguments.Get().Close.Span))
             : new Call(callee, [], false, callee.Span))
        .Called("an operation or a block");

    private static readonly Parser<Expression> CallOrName =
        from name in Name
        from arguments in AnyArguments
        select arguments.IsDefined
            ? new CallExpression(null, new Call(name, arguments.Get().Items, true, TextSpan.Union(name.Span, arguments.Get().Close.Span)))
            : (Expression)new NameExpression(name.Text, name.Span);

    private static readonly Parser<Expression> List =
        from list in Combinators.Later(() => Expression!).Within(Tokens.OpenBracket, Tokens.CloseBracket)
        select (Expression)new ListExpression(list.Items, TextSpan.Union(list.Open.Span, list.Close.Span));

    private static readonly Parser<Expression> Record =
        (from fields in Arguments
         select (Expression)new RecordExpression(fields.Items, TextSpan.Union(fields.Open.Span, fields.Close.Span)))
        .After(TokenKind.OpenParen, TokenKind.Identifier, TokenKind.Colon);

    private static readonly Parser<Expression> Parenthesised =
        from open in Tokens.OpenParen
        from inner in Combinators.Later(() => Expression!)
        from close in Tokens.CloseParen
        select inner with { Span = TextSpan.Union(open.Span, close.Span) };

    private static readonly Parser<Expression> Primary =
        Number.Or(CallOrName).Or(Text).Or(List).Or(Record).Or(Parenthesised).Called("a value");

    private sealed record Suffix(Name? Member, Expression? From, bool IsRange, Expression? To, TextSpan Span);

    private static readonly Parser<Suffix> MemberSuffix =
        from dot in Tokens.Dot
        from name in Name
        select new Suffix(name, null, false, null, name.Span);

    private static readonly Parser<Suffix> IndexSuffix =
        from open in Tokens.OpenBracket
        from index in Combinators.Later(() => Sum!).Optional()
        from range in (from dots in Tokens.Range from to in Combinators.Later(() => Sum!).Optional() select to.GetOrDefault()).Optional()
        from close in Tokens.CloseBracket
        select new Suffix(null, index.GetOrDefault(), range.IsDefined, range.GetOrDefault(), close.Span);

    private static readonly Parser<Expression> Postfix = Primary.FollowedBy(MemberSuffix.Or(IndexSuffix),
        (primary, suffixes) => suffixes.Aggregate(primary, (target, suffix) => suffix.Member is { } member
            ? new MemberExpression(target, member, TextSpan.Union(target.Span, suffix.Span))
            : new IndexExpression(target, suffix.From, suffix.IsRange, suffix.To, TextSpan.Union(target.Span, suffix.Span))));

    private static readonly Parser<Expression> Unary = Postfix
        .PrecededBy(Tokens.Minus, (signs, value) => signs.Count % 2 == 0 ? value : new NegateExpression(value, TextSpan.Union(signs[0].Span, value.Span)))
        .Called("a value");

    private static readonly Parser<Expression> Product = Row(Unary,
        ("*", TokenOperator.Multiply), ("/", TokenOperator.Divide), ("%", TokenOperator.Remainder));

    private static readonly Parser<Expression> Sum = Row(Product,
        ("+", TokenOperator.Add), ("-", TokenOperator.Subtract));

    private static readonly Parser<Expression> Comparison = Row(Sum,
        ("==", TokenOperator.Equal), ("!=", TokenOperator.NotEqual), ("<=", TokenOperator.LessEqual), ("<", TokenOperator.Less),
        (">=", TokenOperator.GreaterEqual), (">", TokenOperator.Greater));

    private static readonly Parser<Expression> Negation = Comparison
        .PrecededBy(Tokens.Word("not"), (nots, value) => nots.Count % 2 == 0 ? value : new NotExpression(value, TextSpan.Union(nots[0].Span, value.Span)))
        .Called("a value");

    private static readonly Parser<Expression> Conjunction = Row(Negation, ("and", TokenOperator.And));

    public static readonly Parser<Expression> Disjunction = Row(Conjunction, ("or", TokenOperator.Or));

    /// <summary>Sizes in brackets, as inputs, outputs and extern modules declare them.</summary>
    public static readonly Parser<ShapeSyntax> Shape =
        from sizes in Disjunction.Within(Tokens.OpenBracket, Tokens.CloseBracket)
        select new ShapeSyntax(sizes.Items, TextSpan.Union(sizes.Open.Span, sizes.Close.Span));

    public static readonly Parser<Label> StageLabel =
        (from token in Tokens.LabelToken
         from colon in Tokens.Colon
         select LabelGrammar.Read(token))
        .Or((from token in Tokens.Identifier
             from colon in Tokens.Colon
             select LabelGrammar.Read(token)).After(TokenKind.Identifier, TokenKind.Colon));

    private static readonly Parser<IOption<Expression>> StageCondition =
        (from keyword in Tokens.Word("if")
         from condition in Disjunction
         select condition).Optional();

    private static readonly Parser<IOption<Expression>> Repetition =
        (from star in Tokens.Star
         from times in Unary
         select times).Optional();

    private static readonly Parser<SequenceItem> SequenceItem =
        from stage in Combinators.Later(() => PlainStage!)
        from count in Repetition
        from condition in StageCondition
        select new SequenceItem(
            stage with { Condition = condition.GetOrDefault() }, count.GetOrDefault(),
            count.IsDefined ? TextSpan.Union(stage.Span, count.Get().Span) : stage.Span);

    private static readonly Parser<Stage> SequenceBody =
        from items in SequenceItem.Within(Tokens.OpenBracket, Tokens.CloseBracket)
        select (Stage)new SequenceStage(null, items.Items, TextSpan.Union(items.Open.Span, items.Close.Span));

    private static readonly Parser<Stage> UnlabelledStage =
        SequenceBody.Or(Call.Select(call => (Stage)new CallStage(null, call, call.Span)));

    private static readonly Parser<IOption<Label>> AnyLabel = StageLabel.Optional();

    private static readonly Parser<Stage> PlainStage =
        (from label in AnyLabel
         from stage in UnlabelledStage
         select label.IsDefined
             ? stage with { Label = label.Get(), Span = TextSpan.Union(label.Get().Span, stage.Span) }
             : stage)
        .Called("a stage");

    public static readonly Parser<Stage> Stage =
        from stage in PlainStage
        from condition in StageCondition
        select condition.IsDefined ? stage with { Condition = condition.Get() } : stage;

    public static readonly Parser<Expression> Expression = ChainFrom(Disjunction);

    /// <summary>What stands right of an equals sign: there, and only there, a call may have a label.</summary>
    public static readonly Parser<Expression> Value =
        (from label in StageLabel
         from chain in ChainFrom(Call.Select(call => (Expression)new CallExpression(label, call)))
         select chain)
        .Or(Expression);

    private static Parser<Expression> ChainFrom(Parser<Expression> source) => source.FollowedBy(
        from arrow in Tokens.Arrow from stage in Stage select stage,
        (first, stages) => new PipeExpression(first, stages, TextSpan.Union(first.Span, stages[stages.Count - 1].Span)));

    private static Parser<Expression> Row(Parser<Expression> operand, params (string Text, TokenOperator Operator)[] operators) => operand.FollowedBy(
        from op in Tokens.Operator(operators) from right in operand select new Operand(op.Operator, op.Span, right),
        (first, rest) => new OperatorExpression(first, rest, TextSpan.Union(first.Span, rest[rest.Count - 1].Right.Span)));
}
