using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using Sprache;

namespace KnDsl.Language.Parsing;

/// <summary>
/// Expressions and pipes, smallest first. Operators are read as a row, so nothing recurses along it.
/// <para>
/// Every line of a network passes through here, so these rules are written with Sprache's Then and Select: a clause of a
/// query (<c>from ... from ...</c>) costs 580 bytes, Then costs 56. For the same reason operators of all ranks share a row, which
/// <see cref="Operators.Group"/> divides afterwards: a row costs 620 bytes where no operator follows, and a row for each rank
/// would cost that for each value three times more.
/// </para>
/// </summary>
internal static class ExpressionGrammar
{
    public static readonly Parser<Name> Name = Tokens.Identifier.Select(token => new Name(token.Text, token.Span));

    private static readonly Parser<Expression> Number = Tokens.Number.Select(token =>
        token.Is(TokenKind.Integer) && int.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole)
            ? new IntegerLiteral(whole, token.Span)
        : token.Is(TokenKind.Float)
            && double.TryParse(token.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && !double.IsInfinity(value)
            ? new FloatLiteral(value, token.Span)
        : (Expression)new ErrorExpression(token.Span));

    private static readonly Parser<Expression> Text = Tokens.QuotedText
        .Select(token => (Expression)new TextLiteral(token.Text, token.Span));

    /// <summary>Any expression, for the rules that come before it.</summary>
    private static readonly Parser<Expression> Nested = Parse.Ref(() => Expression!);

    private static readonly Parser<Expression> NameAlone = Tokens.Identifier
        .Where(token => token.Text != "not")
        .Select(token => (Expression)new NameExpression(token.Text, token.Span));

    /// <summary>
    /// An expression in a list or between the parentheses of a call. Most are one token, seen by the comma or bracket after
    /// it; reading those without the rules of the operators saves a fifth of the time that parsing takes.
    /// </summary>
    private static readonly Parser<Expression> Item = Number.Or(NameAlone).Called("a value")
        .Before(TokenKind.Comma, TokenKind.CloseParen, TokenKind.CloseBracket)
        .Or(Nested);

    /// <summary>Named only where a colon follows the word, so the first two tokens decide.</summary>
    private static readonly Parser<Argument> Argument =
        Name.Then(name => Tokens.Colon.Then(_ => Item)
                .Select(value => new Argument(name, value, TextSpan.Union(name.Span, value.Span))))
            .StartingWith(TokenKind.Identifier, TokenKind.Colon)
        .Or(Item.Select(value => new Argument(null, value, value.Span)));

    private static readonly Parser<(Token Open, IReadOnlyList<Argument> Items, Token Close)> Arguments =
        Argument.Within(Tokens.OpenParen, Tokens.CloseParen);

    private static readonly Parser<IOption<(Token Open, IReadOnlyList<Argument> Items, Token Close)>> AnyArguments = Arguments.Optional();

    /// <summary>A dotted name: a shared module may have a label of several parts.</summary>
    private static readonly Parser<Name> Callee = Name.FollowedBy(
        Tokens.Dot.Then(_ => Tokens.Identifier.Or(Tokens.Integer)),
        (first, rest) => new Name(
            first.Text + string.Concat(rest.Select(part => "." + part.Text)), TextSpan.Union(first.Span, rest[rest.Count - 1].Span)));

    public static readonly Parser<Call> Call =
        Callee.Then(callee => AnyArguments.Select(arguments => arguments.IsDefined
            ? new Call(callee, arguments.Get().Items, true, TextSpan.Union(callee.Span, arguments.Get().Close.Span))
            : new Call(callee, [], false, callee.Span)))
        .Called("an operation or a block");

    private static readonly Parser<Expression> CallOrName = Name.Then(name => AnyArguments.Select(arguments => arguments.IsDefined
        ? new CallExpression(null, new Call(name, arguments.Get().Items, true, TextSpan.Union(name.Span, arguments.Get().Close.Span)))
        : (Expression)new NameExpression(name.Text, name.Span)));

    private static readonly Parser<Expression> List = Item.Within(Tokens.OpenBracket, Tokens.CloseBracket)
        .Select(list => (Expression)new ListExpression(list.Items, TextSpan.Union(list.Open.Span, list.Close.Span)));

    private static readonly Parser<Expression> Record = Arguments
        .Select(fields => (Expression)new RecordExpression(fields.Items, TextSpan.Union(fields.Open.Span, fields.Close.Span)))
        .StartingWith(TokenKind.OpenParen, TokenKind.Identifier, TokenKind.Colon);

    private static readonly Parser<Expression> Parenthesised =
        from open in Tokens.OpenParen
        from inner in Nested
        from close in Tokens.CloseParen
        select inner with { Span = TextSpan.Union(open.Span, close.Span) };

    /// <summary>The most frequent first; the last ones in parentheses, so that the first to fit ends the search.</summary>
    private static readonly Parser<Expression> Primary =
        CallOrName.Or(Number.Or(Text.Or(List.Or(Record.Or(Parenthesised))))).Called("a value");

    /// <summary>A member, an index or a range of indices.</summary>
    private sealed record Suffix(Name? Member, Expression? From, bool IsRange, Expression? To, TextSpan Span);

    private static readonly Parser<Suffix> MemberSuffix = Tokens.Dot.Then(_ => Name)
        .Select(name => new Suffix(name, null, false, null, name.Span));

    private static readonly Parser<Suffix> IndexSuffix = Tokens.OpenBracket.Then(_ =>
        from index in Parse.Ref(() => Sum!).Optional()
        from range in Tokens.Range.Then(_ => Parse.Ref(() => Sum!).Optional()).Optional()
        from close in Tokens.CloseBracket
        select new Suffix(null, index.GetOrDefault(), range.IsDefined, range.IsDefined ? range.Get().GetOrDefault() : null, close.Span));

    private static readonly Parser<Expression> Postfix = Primary.FollowedBy(MemberSuffix.Or(IndexSuffix),
        (primary, suffixes) => suffixes.Aggregate(primary, (target, suffix) => suffix.Member is { } member
            ? new MemberExpression(target, member, TextSpan.Union(target.Span, suffix.Span))
            : new IndexExpression(target, suffix.From, suffix.IsRange, suffix.To, TextSpan.Union(target.Span, suffix.Span))));

    private static readonly Parser<Expression> Unary = Postfix
        .XOr(Signed(Tokens.Minus, Postfix, (sign, value) => new NegateExpression(value, TextSpan.Union(sign.Span, value.Span))))
        .Called("a value");

    private static readonly Parser<Expression> Sum = Row(Unary, Operators.Arithmetic);

    private static readonly Parser<Expression> Comparison = Row(
        Unary, token => Operators.Arithmetic(token) ?? Operators.Comparison(token));

    /// <summary>The word comes first, since a value would read it as a name.</summary>
    private static readonly Parser<Expression> Negation =
        Signed(Tokens.Word("not"), Comparison, (not, value) => new NotExpression(value, TextSpan.Union(not.Span, value.Span)))
        .XOr(Comparison)
        .Called("a value");

    public static readonly Parser<Expression> Disjunction = Row(Negation, Operators.Logical);

    /// <summary>Sizes in brackets, as inputs, outputs and extern modules declare them.</summary>
    public static readonly Parser<ShapeSyntax> Shape = Disjunction.Within(Tokens.OpenBracket, Tokens.CloseBracket)
        .Select(sizes => new ShapeSyntax(sizes.Items, TextSpan.Union(sizes.Open.Span, sizes.Close.Span)));

    public static readonly Parser<Label> StageLabel = Tokens.Label.Then(token => Tokens.Colon.Select(_ => LabelGrammar.Read(token)));

    private static readonly Parser<IOption<Label>> AnyLabel = StageLabel.Optional();

    private static readonly Parser<IOption<Expression>> StageCondition = Tokens.Word("if").Then(_ => Disjunction).Optional();

    private static readonly Parser<IOption<Expression>> Repetition = Tokens.Star.Then(_ => Unary).Optional();

    private static readonly Parser<SequenceItem> SequenceItem =
        Parse.Ref(() => PlainStage!).Then(stage => Repetition.Then(count => StageCondition.Select(condition => new SequenceItem(
            stage with { Condition = condition.GetOrDefault() }, count.GetOrDefault(),
            count.IsDefined ? TextSpan.Union(stage.Span, count.Get().Span) : stage.Span))));

    private static readonly Parser<Stage> SequenceBody = SequenceItem.Within(Tokens.OpenBracket, Tokens.CloseBracket)
        .Select(items => (Stage)new SequenceStage(null, items.Items, TextSpan.Union(items.Open.Span, items.Close.Span)));

    private static readonly Parser<Stage> UnlabelledStage = Call
        .Select(call => (Stage)new CallStage(null, call, call.Span)).Or(SequenceBody);

    private static readonly Parser<Stage> PlainStage =
        AnyLabel.Then(label => label.IsDefined
            ? UnlabelledStage.Select(stage => stage with { Label = label.Get(), Span = TextSpan.Union(label.Get().Span, stage.Span) })
            : UnlabelledStage)
        .Called("a stage");

    public static readonly Parser<Stage> Stage = PlainStage.Then(stage => StageCondition.Select(condition => condition.IsDefined
        ? stage with { Condition = condition.Get() }
        : stage));

    /// <summary>Most pipes start at a name, which is read without the rules of the operators, as an <see cref="Item"/> is.</summary>
    public static readonly Parser<Expression> Expression = PipeFrom(NameAlone.Called("a value").Before(TokenKind.Arrow).Or(Disjunction));

    /// <summary>The right side of an equals sign: there, and only there, a call may have a label.</summary>
    public static readonly Parser<Expression> Value =
        StageLabel.Then(label => PipeFrom(Call.Select(call => (Expression)new CallExpression(label, call)))).Or(Expression);

    private static Parser<Expression> PipeFrom(Parser<Expression> source) => source.FollowedBy(
        Tokens.Arrow.Then(_ => Stage),
        (first, stages) => new PipeExpression(first, stages, TextSpan.Union(first.Span, stages[stages.Count - 1].Span)));

    /// <summary>A value with signs before it. Two of them cancel each other.</summary>
    private static Parser<Expression> Signed(Parser<Token> sign, Parser<Expression> operand, Func<Token, Expression, Expression> apply)
    {
        var more = sign.Many();
        return sign.Then(first => more.Then(rest => operand.Select(value => rest.Count() % 2 == 0 ? apply(first, value) : value)));
    }

    private static Parser<Expression> Row(Parser<Expression> operand, Func<Token, TokenOperator?> find) => operand.FollowedBy(
        Tokens.Operator(find).Then(op => operand.Select(right => new RightOperand(op.Operator, op.Span, right))),
        Operators.Group);
}
