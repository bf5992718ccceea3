using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;

namespace KnDsl.Language.Syntax;

/// <summary>Finds all calls of a body, wherever an expression is allowed, so that no use of a block is missed.</summary>
internal static class Calls
{
    public static IEnumerable<Call> In(IEnumerable<Statement> body) => body.SelectMany(In);

    /// <summary>The first operation or block of a body that has a label, as a stage, or null.</summary>
    public static Call? Labelled(IEnumerable<Statement> body, string label) =>
        body.SelectMany(Stages).OfType<CallStage>().FirstOrDefault(stage => stage.Label?.ToString() == label)?.Call;

    private static IEnumerable<Stage> Stages(Statement statement) => statement switch
    {
        AssignStatement { Value: PipeExpression pipe } => pipe.Stages,
        ReturnStatement result => result.Values.OfType<PipeExpression>().SelectMany(pipe => pipe.Stages),
        IfStatement branch => branch.Then.Concat(branch.Else).SelectMany(Stages),
        ForStatement loop => loop.Body.SelectMany(Stages),
        _ => [],
    };

    private static IEnumerable<Call> In(Statement statement) => statement switch
    {
        AssignStatement assign => In(assign.Value),
        ReturnStatement result => result.Values.SelectMany(In),
        ModuleStatement module => In(module.Label).Concat(In(module.Call)),
        NormStatement norm => In(norm.Policy),
        InputStatement input => input.Values.SelectMany(value => value.Shape.Sizes).SelectMany(In),
        OutputStatement output => output.Values.SelectMany(value => value.Shape.Sizes).SelectMany(In),
        IfStatement branch => In(branch.Condition).Concat(In(branch.Then)).Concat(In(branch.Else)),
        ForStatement loop => In(loop.From).Concat(In(loop.To)).Concat(In(loop.Body)),
        _ => [],
    };

    public static IEnumerable<Call> In(Expression? expression)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        return Within(expression);
    }

    private static IEnumerable<Call> Within(Expression? expression) => expression switch
    {
        PipeExpression pipe => In(pipe.Source).Concat(pipe.Stages.SelectMany(In)),
        CallExpression call => In(call.Label).Concat(In(call.Call)),
        OperatorExpression row => In(row.First).Concat(row.Rest.SelectMany(operand => In(operand.Right))),
        ListExpression list => list.Items.SelectMany(In),
        RecordExpression record => record.Fields.SelectMany(field => In(field.Value)),
        MemberExpression member => In(member.Target),
        IndexExpression index => In(index.Target).Concat(In(index.From)).Concat(In(index.To)),
        NegateExpression negate => In(negate.Value),
        NotExpression not => In(not.Value),
        _ => [],
    };

    private static IEnumerable<Call> In(Stage stage) => In(stage.Label).Concat(stage switch
    {
        CallStage call => In(call.Call),
        SequenceStage sequence => sequence.Items.SelectMany(item => In(item.Stage).Concat(In(item.Count))),
        _ => [],
    });

    private static IEnumerable<Call> In(Call call) => call.Arguments.SelectMany(argument => In(argument.Value)).Prepend(call);

    private static IEnumerable<Call> In(Label? label) =>
        label is null ? [] : label.Segments.SelectMany(segment => segment.Parts).SelectMany(part => In(part.Count));
}
