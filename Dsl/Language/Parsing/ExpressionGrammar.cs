using System;
using System.Globalization;
using System.Linq;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using Sprache;

namespace KnDsl.Language.Parsing;

/// <summary>
/// Expressions and pipes, smallest first. Operators are read as a row, so nothing recurses along it.
/// <para>
/// Every line of a network passes through here, so these rules are written without queries, of which each clause
/// (<c>from ... from ...</c>) costs 580 bytes. For the same reason operators of all ranks share a row, which
/// <see cref="Operators.Group"/> divides afterwards, where a row for each rank would be tried for each value three times more.
/// </para>
/// </summary>
internal static class ExpressionGrammar
{
    public static readonly Parser<Name> Name = Tokens.Name(token => new Name(token.Text, token.Span));

    private static readonly Parser<Expression> Number = Tokens.Number(token =>
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

    private static readonly Parser<Expression> NameAlone =
        Tokens.One(input => input.Token is { Kind: TokenKind.Identifier, Text: not "not" }, "a name", NameOf);

    private static Expression NameOf(Token token) => new NameExpression(token.Text, token.Span);

    /// <summary>
    /// An expression in a list or between the parentheses of a call. Most are one token, seen by the comma or bracket after
    /// it; reading those without the rules of the operators saves a fifth of the time that parsing takes.
    /// </summary>
    private static readonly Parser<Expression> Item = Number.Or(NameAlone).Called("a value")
        .Before(TokenKind.Comma, TokenKind.CloseParen, TokenKind.CloseBracket)
        .Or(Nested);

    /// <summary>Named only where a colon follows the word, so the first two tokens decide.</summary>
    private static readonly Parser<Argument> Argument =
        Item.Select(value => new Argument(null, value, value.Span))
            .After(Name.Then(Tokens.Colon, (name, _) => name).StartingWith(TokenKind.Identifier, TokenKind.Colon),
                (name, argument) => new Argument(name, argument.Value, TextSpan.Union(name.Span, argument.Span)));

    private static readonly Parser<Bracketed<Argument>> Arguments = Argument.Within(Tokens.OpenParen, Tokens.CloseParen);

    /// <summary>A dotted name: a shared module may have a label of several parts.</summary>
    private static readonly Parser<Name> Callee = Name.FollowedBy(
        Tokens.Dot.Then(Tokens.Identifier.Or(Tokens.Integer), (_, part) => part),
        (first, rest) => new Name(
            first.Text + string.Concat(rest.Select(part => "." + part.Text)), TextSpan.Union(first.Span, rest[rest.Count - 1].Span)));

    public static readonly Parser<Call> Call =
        Callee.FollowedByOne(Arguments, callee => new Call(callee, [], false, callee.Span), CallOf).Called("an operation or a block");

    private static Call CallOf(Name callee, Bracketed<Argument> arguments) =>
        new(callee, arguments.Items, true, TextSpan.Union(callee.Span, arguments.Span));

    private static readonly Parser<Expression> CallOrName = Tokens.Identifier.FollowedByOne(Arguments, NameOf,
        (token, arguments) => new CallExpression(null, CallOf(new Name(token.Text, token.Span), arguments)));

    private static readonly Parser<Expression> List = Item.Within(Tokens.OpenBracket, Tokens.CloseBracket)
        .Select(list => (Expression)new ListExpression(list.Items, list.Span));

    private static readonly Parser<Expression> Record = Arguments
        .Select(fields => (Expression)new RecordExpression(fields.Items, fields.Span))
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

    private static readonly Parser<Suffix> MemberSuffix =
        Tokens.Dot.Then(Name, (_, name) => new Suffix(name, null, false, null, name.Span));

    private static readonly Parser<Suffix> IndexSuffix = Tokens.OpenBracket.Then(_ =>
        from index in Parse.Ref(() => Sum!).Optional()
        from range in Tokens.Range.Then(_ => Parse.Ref(() => Sum!).Optional()).Optional()
        from close in Tokens.CloseBracket
        select new Suffix(null, index.GetOrDefault(), range.IsDefined, range.IsDefined ? range.Get().GetOrDefault() : null, close.Span));

    private static readonly Parser<Expression> Postfix = Primary.FollowedBy(MemberSuffix.Or(IndexSuffix),
        (primary, suffixes) => suffixes.Aggregate(primary, (target, suffix) => suffix.Member is { } member
            ? new MemberExpression(target, member, TextSpan.Union(target.Span, suffix.Span))
            : new IndexExpression(target, suffix.From, suffix.IsRange, suffix.To, TextSpan.Union(target.Span, suffix.Span))));

    private static readonly Parser<Expression> Unary =
        Signed(Tokens.Minus, Postfix, (sign, value) => new NegateExpression(value, TextSpan.Union(sign.Span, value.Span)));

    private static readonly Parser<Expression> Sum = Row(Unary, Operators.Arithmetic);

    private static readonly Parser<Expression> Comparison = Row(
        Unary, token => Operators.Arithmetic(token) ?? Operators.Comparison(token));

    /// <summary>The word comes first, since a value would read it as a name.</summary>
    private static readonly Parser<Expression> Negation =
        Signed(Tokens.Word("not"), Comparison, (not, value) => new NotExpression(value, TextSpan.Union(not.Span, value.Span)));

    public static readonly Parser<Expression> Disjunction = Row(Negation, Operators.Logical);

    /// <summary>Sizes in brackets, as inputs, outputs and extern modules declare them.</summary>
    public static readonly Parser<ShapeSyntax> Shape = Disjunction.Within(Tokens.OpenBracket, Tokens.CloseBracket)
        .Select(sizes => new ShapeSyntax(sizes.Items, sizes.Span));

    public static readonly Parser<Label> StageLabel = Tokens.Label.Then(Tokens.Colon, (token, _) => LabelGrammar.Read(token));

    private static readonly Parser<Expression> StageCondition = Tokens.Word("if").Then(Disjunction, (_, condition) => condition);

    private static readonly Parser<Expression> Repetition = Tokens.Star.Then(Unary, (_, count) => count);

    private static readonly Parser<SequenceItem> SequenceItem = Parse.Ref(() => PlainStage!)
        .FollowedByOne(Repetition, stage => new SequenceItem(stage, null, stage.Span),
            (stage, count) => new SequenceItem(stage, count, TextSpan.Union(stage.Span, count.Span)))
        .FollowedByOne(StageCondition, item => item,
            (item, condition) => item with { Stage = item.Stage with { Condition = condition } });

    private static readonly Parser<Stage> SequenceBody = SequenceItem.Within(Tokens.OpenBracket, Tokens.CloseBracket)
        .Select(items => (Stage)new SequenceStage(null, items.Items, items.Span));

    private static readonly Parser<Stage> UnlabelledStage = Call
        .Select(call => (Stage)new CallStage(null, call, call.Span)).Or(SequenceBody);

    private static readonly Parser<Stage> PlainStage = UnlabelledStage
        .After(StageLabel, (label, stage) => stage with { Label = label, Span = TextSpan.Union(label.Span, stage.Span) })
        .Called("a stage");

    public static readonly Parser<Stage> Stage = PlainStage.FollowedByOne(
        StageCondition, stage => stage, (stage, condition) => stage with { Condition = condition });

    /// <summary>Most pipes start at a name, which is read without the rules of the operators, as an <see cref="Item"/> is.</summary>
    public static readonly Parser<Expression> Expression = PipeFrom(NameAlone.Called("a value").Before(TokenKind.Arrow).Or(Disjunction));

    /// <summary>The right side of an equals sign: there, and only there, a call may have a label.</summary>
    public static readonly Parser<Expression> Value =
        PipeFrom(StageLabel.Then(Call, (label, call) => (Expression)new CallExpression(label, call))).Or(Expression);

    private static Parser<Expression> PipeFrom(Parser<Expression> source) => source.FollowedBy(
        Tokens.Arrow.Then(Stage, (_, stage) => stage),
        (first, stages) => new PipeExpression(first, stages, TextSpan.Union(first.Span, stages[stages.Count - 1].Span)));

    /// <summary>A value, with signs before it or none. Two of them cancel each other.</summary>
    private static Parser<Expression> Signed(Parser<Token> sign, Parser<Expression> operand, Func<Token, Expression, Expression> apply)
    {
        var signs = sign.Then(sign.Many(), (first, more) => (First: first, Apply: more.Count() % 2 == 0));
        return operand.After(signs, (row, value) => row.Apply ? apply(row.First, value) : value).Called("a value");
    }

    private static Parser<Expression> Row(Parser<Expression> operand, Func<Token, TokenOperator?> find) => operand.FollowedBy(
        Tokens.Operator(find).Then(operand, (op, right) => new RightOperand(op.Operator, op.Span, right)),
        Operators.Group);
}
