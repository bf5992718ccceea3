using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Text;

namespace KnDsl.Language.Syntax;

/// <summary>A value as it is written: of a size, a number, a condition, a policy or a tensor.</summary>
internal abstract record Expression(TextSpan Span) : Node(Span);

/// <summary>An expression that could not be read. The error has been reported.</summary>
internal sealed record ErrorExpression(TextSpan Span) : Expression(Span);

/// <summary>A whole number.</summary>
internal sealed record IntegerLiteral(int Value, TextSpan Span) : Expression(Span);

/// <summary>A number with a fraction or an exponent.</summary>
internal sealed record FloatLiteral(double Value, TextSpan Span) : Expression(Span);

/// <summary>Text in double quotes.</summary>
internal sealed record TextLiteral(string Value, TextSpan Span) : Expression(Span);

/// <summary>The name of a value, a parameter or a symbol, or a word that an argument takes (<c>global</c>, <c>learned</c>).</summary>
internal sealed record NameExpression(string Name, TextSpan Span) : Expression(Span);

/// <summary><c>x.channels</c></summary>
internal sealed record MemberExpression(Expression Target, Name Member, TextSpan Span) : Expression(Span);

/// <summary><c>depths[i]</c>, or <c>depths[1..3]</c> where <paramref name="To"/> is given.</summary>
internal sealed record IndexExpression(Expression Target, Expression? From, bool IsRange, Expression? To, TextSpan Span) : Expression(Span);

/// <summary><c>[3, 4, 6, 3]</c></summary>
internal sealed record ListExpression(IReadOnlyList<Expression> Items, TextSpan Span) : Expression(Span);

/// <summary><c>(mean: 1, variance: 0.1)</c></summary>
internal sealed record RecordExpression(IReadOnlyList<Argument> Fields, TextSpan Span) : Expression(Span);

/// <summary>One operator and its right side in a row of equal rank.</summary>
internal sealed record RightOperand(TokenOperator Operator, TextSpan OperatorSpan, Expression Right);

/// <summary>A binary operator.</summary>
internal enum TokenOperator
{
    Add, Subtract, Multiply, Divide, Remainder, Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, And, Or,
}

/// <summary>
/// <c>a + b - c</c>: operators of equal rank, applied from the left. They form a row, so that a long sum is not a deep tree.
/// </summary>
internal sealed record OperatorExpression(Expression First, IReadOnlyList<RightOperand> Rest, TextSpan Span) : Expression(Span);

/// <summary><c>-a</c></summary>
internal sealed record NegateExpression(Expression Value, TextSpan Span) : Expression(Span);

/// <summary><c>not a</c></summary>
internal sealed record NotExpression(Expression Value, TextSpan Span) : Expression(Span);

/// <summary>An argument, by name or by position.</summary>
internal sealed record Argument(Name? Name, Expression Value, TextSpan Span) : Node(Span);

/// <summary><c>conv(64, 7, stride: 2)</c>; a stage without arguments needs no parentheses.</summary>
internal sealed record Call(Name Callee, IReadOnlyList<Argument> Arguments, bool HasParentheses, TextSpan Span) : Node(Span);

/// <summary>A call used as a value: <c>concat(a, b)</c>, <c>p3, p4 = fpn: Fpn(c3, c4)</c>.</summary>
internal sealed record CallExpression(Label? Label, Call Call)
    : Expression(Label is null ? Call.Span : TextSpan.Union(Label.Span, Call.Span));

/// <summary><c>source -> stage -> stage</c></summary>
internal sealed record PipeExpression(Expression Source, IReadOnlyList<Stage> Stages, TextSpan Span) : Expression(Span);

/// <summary>A step of a pipe, with the label that names its module.</summary>
internal abstract record Stage(Label? Label, TextSpan Span) : Node(Span)
{
    /// <summary><c>stage if condition</c>: the stage is left out where the condition does not hold.</summary>
    public Expression? Condition { get; init; }
}

/// <summary>An operation, a block or a shared module.</summary>
internal sealed record CallStage(Label? Label, Call Call, TextSpan Span) : Stage(Label, Span);

/// <summary><c>[ a, b * 3 ]</c>: numbered as nn.Sequential numbers its members.</summary>
internal sealed record SequenceStage(Label? Label, IReadOnlyList<SequenceItem> Items, TextSpan Span) : Stage(Label, Span);

/// <summary>A member of a sequence and how often it is repeated.</summary>
internal sealed record SequenceItem(Stage Stage, Expression? Count, TextSpan Span) : Node(Span);

/// <summary>The name of a module: <c>conv1</c>, <c>features.conv0</c>, <c>denselayer{i + 1}</c>, <c>"block1-0"</c>.</summary>
internal sealed record Label(IReadOnlyList<LabelSegment> Segments, TextSpan Span) : Node(Span)
{
    public override string ToString() => string.Join(".", Segments);
}

/// <summary>The part between two dots of a label: text and counted expressions in turn.</summary>
internal sealed record LabelSegment(IReadOnlyList<LabelPart> Parts)
{
    public override string ToString() => Parts.Count == 1 && Parts[0].Count is null
        ? Parts[0].Text
        : string.Concat(Parts.Select(part => part.Count is null ? part.Text : "{" + part.Text + "}"));
}

/// <summary>A piece of a label's segment: text, or an expression whose value is written there.</summary>
internal sealed record LabelPart(string Text, Expression? Count);
