using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Text;

namespace KnDsl.Language.Syntax;

/// <summary>One statement of a body.</summary>
internal abstract record Statement(TextSpan Span) : Node(Span)
{
    /// <summary>The names that it sets, those of its bodies too.</summary>
    public virtual IEnumerable<Name> Sets => [];
}

/// <summary><c>input image[N, 3, 32*h, 32*w]</c></summary>
internal sealed record InputStatement(IReadOnlyList<SizedName> Values, TextSpan Span) : Statement(Span);

/// <summary><c>output logits[N, classes]</c></summary>
internal sealed record OutputStatement(IReadOnlyList<SizedName> Values, TextSpan Span) : Statement(Span);

/// <summary><c>norm = policy</c>: the policy of the norm stages after it.</summary>
internal sealed record NormStatement(Expression Policy, TextSpan Span) : Statement(Span);

/// <summary><c>a, b = expression</c></summary>
internal sealed record AssignStatement(IReadOnlyList<Name> Targets, Expression Value, TextSpan Span) : Statement(Span)
{
    public override IEnumerable<Name> Sets => Targets;
}

/// <summary>
/// <c>module head = RetinaHead(256)</c>: one set of weights, applied as often as wanted. Its name is also its label, unless one
/// is given: <c>module scores = head.classification: ScoreHead(9)</c>.
/// </summary>
internal sealed record ModuleStatement(Name Name, Label Label, Call Call, TextSpan Span) : Statement(Span)
{
    public override IEnumerable<Name> Sets => [Name];
}

/// <summary><c>return a, b</c></summary>
internal sealed record ReturnStatement(IReadOnlyList<Expression> Values, TextSpan Span) : Statement(Span);

/// <summary><c>if condition { } else { }</c>; an <c>else if</c> is an if in the else part.</summary>
internal sealed record IfStatement(
    Expression Condition, IReadOnlyList<Statement> Then, IReadOnlyList<Statement> Else, TextSpan Span) : Statement(Span)
{
    public override IEnumerable<Name> Sets => Then.Concat(Else).SelectMany(statement => statement.Sets);
}

/// <summary><c>for i in from..to { }</c>, with from and without to, or <c>for d in list { }</c>.</summary>
internal sealed record ForStatement(
    Name Variable, Expression From, Expression? To, IReadOnlyList<Statement> Body, TextSpan Span) : Statement(Span)
{
    public override IEnumerable<Name> Sets => Body.SelectMany(statement => statement.Sets);
}

/// <summary>A statement that could not be read. The error has been reported; the names that it would have defined are known.</summary>
internal sealed record ErrorStatement(IReadOnlyList<Name> Targets, TextSpan Span) : Statement(Span)
{
    public override IEnumerable<Name> Sets => Targets;
}
