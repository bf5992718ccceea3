using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>Pipes and calls: what each stage is, an operation, a block or a shared module, and what it makes of its values.</summary>
internal sealed class PipeChecker(Rooms rooms)
{
    private Findings Findings => rooms.Findings;

    private Place At(TextSpan span) => rooms.Subject.At(span);

    public IReadOnlyList<Value> Evaluate(BodyPath path, PipeExpression pipe, string? target)
    {
        var values = rooms.Expressions.EvaluateAll(path, pipe.Source);
        var beforeNorm = rooms.NormsAhead.After(path, pipe.Stages);
        for (var i = 0; i < pipe.Stages.Count; i++)
            values = CheckStage(path, values,
                new StagePlace(pipe.Stages[i], pipe.Source.Span, beforeNorm[i], i + 1 == pipe.Stages.Count ? target : null),
                rooms.Labels.Of(path, pipe.Stages[i]));
        return values;
    }

    /// <summary>A stage, applied to values.</summary>
    /// <param name="name">The names of its module.</param>
    public IReadOnlyList<Value> CheckStage(BodyPath path, IReadOnlyList<Value> inputs, StagePlace at, MemberPath name)
    {
        rooms.Budget.AddStages(1);
        if (at.Stage.Condition is not null)
            return CheckConditionalStage(path, inputs, at, name);
        if (at.Stage is SequenceStage sequence)
            return rooms.Sequences.Check(path, inputs, sequence, at, name);
        var call = ((CallStage)at.Stage).Call;
        var tensors = new TensorValue[inputs.Count];
        for (var i = 0; i < inputs.Count; i++)
            switch (inputs[i])
            {
                case TensorValue tensor:
                    tensors[i] = tensor;
                    break;
                case ErrorValue:
                    CheckAfterError(path, call);
                    return Findings.NoValues;
                case var other:
                    return [Findings.Fail(
                        DiagnosticCatalogue.ValueType(At(at.Source), $"The input of '{call.Callee.Text}'", "a tensor",
                        other.Describe()))];
            }
        return Call(path, tensors, call, at.Stage.Label, name, at.BeforeNorm, at.Target);
    }

    private IReadOnlyList<Value> CheckConditionalStage(BodyPath path, IReadOnlyList<Value> inputs, StagePlace at, MemberPath name) =>
        CheckConditional(path, inputs, at, Size.Zero, inner =>
            (CheckStage(inner, inputs, at.WithoutCondition(), name), Size.Zero)).Values;

    /// <summary>After an error the names and arguments of a stage are still checked; only what its input decides is not.</summary>
    private void CheckAfterError(BodyPath path, Call call)
    {
        var name = call.Callee.Text;
        if (rooms.Subject.FindOperation(name) is { } operation && operation.InputCount is not null)
            rooms.Binder.Bind(path, call, operation.Parameters);
        else if (rooms.Subject.File.Visible.TryGetValue(name, out var block))
            rooms.Binder.BindBlock(path, call, block, BlockCaller.SplitInputs(call.Arguments, block.Declaration, 1).Others);
        else if (path.Scope.Find(name) is null && rooms.Subject.FindOperation(name) is null)
            rooms.Names.ReportUnknownStage(path, call);
    }

    /// <summary>
    /// A stage that is left out where its condition does not hold: its values go on as they came. In a sequence the number of
    /// the next member depends on it too.
    /// </summary>
    /// <param name="check">Checks the stage without its condition; gives the values and the number of the next member.</param>
    public (IReadOnlyList<Value> Values, Size Number) CheckConditional(
        BodyPath path, IReadOnlyList<Value> inputs, StagePlace at, Size number,
        Func<BodyPath, (IReadOnlyList<Value> Values, Size Number)> check)
    {
        var (stage, last) = (at.Stage, number);
        var then = new Branch([], inner =>
        {
            var (results, next) = check(inner);
            last = next;
            if (results.Any(value => value is ErrorValue))
                return [new SizeValue(next), .. inputs.Select(_ => ErrorValue.Instance)];
            if (results.Count == inputs.Count)
                return [new SizeValue(next), .. results];
            var error = Findings.Fail(
                DiagnosticCatalogue.ValueCount(At(stage.Span), "A stage with a condition", inputs.Count, results.Count));
            return [new SizeValue(next), .. inputs.Select(_ => error)];
        });
        var otherwise = new Branch([], _ => [new SizeValue(number), .. inputs]);
        var name = at.Target ?? "x";
        var names = inputs.Select((_, i) => inputs.Count == 1 ? name : $"{name}{i}").Prepend("index").ToArray();
        var merged = rooms.Branches.Check(path, stage.Condition!, At(TextSpan.Union(stage.Span, stage.Condition!.Span)), then, otherwise,
            names);
        return (merged.Skip(1).ToArray(), merged[0] is SizeValue after ? after.Size : last);
    }

    /// <summary>A call where a value is wanted: a join, a policy, or a block or shared module with its values in parentheses.</summary>
    public IReadOnlyList<Value> EvaluateCall(BodyPath path, CallExpression expression, string? target)
    {
        var call = expression.Call;
        var name = call.Callee.Text;
        rooms.Budget.AddStages(1);
        if (rooms.Subject.FindOperation(name) is { } operation)
        {
            var given = call.Arguments.TakeWhile(argument => argument.Name is null).ToArray();
            if (operation.InputCount is 1)
                return [Findings.Fail(DiagnosticCatalogue.Misplaced(At(call.Callee.Span), name, "it as a stage")
                    .WithHint(name == "max" && given.Length == 2
                        ? "Of two numbers an 'if' takes the greater."
                        : given.Length > 0 && given[0].Value is not (IntegerLiteral or FloatLiteral or TextLiteral)
                        ? $"Write {rooms.Subject.Source.Slice(given[0].Span)} -> {name}{(call.Arguments.Count > 1 ? "(...)" : "")}."
                        : $"Write value -> {At(call.Span).OneLine()}."))];
            if (expression.Label is not null && operation.Module is null)
                return [Findings.Fail(DiagnosticCatalogue.LabelNotAllowed(At(expression.Label.Span), $"'{name}' has no module to name"))];
            return [rooms.Operations.EvaluateJoin(path, operation, expression, given, target)];
        }
        if (NormPolicies.Find(name) is not null && !rooms.Subject.File.Visible.ContainsKey(name))
            return [rooms.Policies.EvaluateValue(path, expression)];
        if (!rooms.Subject.File.Visible.ContainsKey(name) && path.Scope.Find(name)?.Value is not ModuleValue)
        {
            rooms.Names.ReportUnknownStage(path, call);
            return Findings.NoValues;
        }
        return Call(path, [], call, expression.Label, rooms.Labels.Of(path, expression.Label, expression.Span), Condition.False, target);
    }

    /// <summary>An operation, a block or a shared module, applied to values.</summary>
    private IReadOnlyList<Value> Call(
        BodyPath path, IReadOnlyList<TensorValue> inputs, Call call, Label? label, MemberPath modulePath, Condition beforeNorm,
        string? target)
    {
        var name = call.Callee.Text;
        var place = At(call.Span);
        var named = label is null ? place : At(label.Span);
        if (path.Scope.Find(name) is { Value: ModuleValue shared } binding)
        {
            rooms.Names.Use(binding);
            if (binding.UndecidedAt is { } undecided)
                return [Findings.Fail(DiagnosticCatalogue.UndecidedModule(At(call.Callee.Span), name, undecided))];
            if (label is not null)
                Findings.Report(DiagnosticCatalogue.LabelNotAllowed(At(label.Span), $"The module '{name}' already has a name"));
            return rooms.Shared.Apply(path, shared.Module, inputs, call, place, target);
        }
        if (rooms.Subject.File.Visible.TryGetValue(name, out var block))
            return rooms.Blocks.Call(path, inputs, call, block, place, modulePath, target, named);
        if (rooms.Subject.FindOperation(name) is not { } operation)
        {
            rooms.Names.ReportUnknownStage(path, call);
            return Findings.NoValues;
        }
        if (operation.InputCount is not 1)
            return [Findings.Fail(DiagnosticCatalogue.Misplaced(
                    At(call.Callee.Span), name, operation.InputCount is 0 ? "it as a value" : "it with its values in parentheses")
                .WithHint($"Write {operation.Example}."))];
        if (rooms.Binder.Bind(path, call, operation.Parameters) is not { } arguments)
            return Findings.NoValues;
        if (inputs.Count != 1)
            return [Findings.Fail(DiagnosticCatalogue.InputCount(place, name, "1 value", inputs.Count))];
        return operation.IsRow
            ? rooms.Operations.ApplyRow(path, operation, inputs[0], arguments, place)
            : [rooms.Operations.Apply(path, operation, inputs, arguments, place, modulePath, beforeNorm, target, named)];
    }
}
