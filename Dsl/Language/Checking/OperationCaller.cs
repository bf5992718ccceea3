using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>Applies operations: infers what they give, and plans their modules and their computation.</summary>
internal sealed class OperationCaller(Rooms rooms)
{
    private Findings Findings => rooms.Findings;

    /// <summary>An operation whose arguments were bound.</summary>
    /// <param name="name">The names of its module, or null where it has none.</param>
    /// <param name="beforeNorm">Whether a norm comes next; none does where it is null.</param>
    /// <param name="target">The name that its output gets.</param>
    /// <param name="named">The place of the label, where there is one.</param>
    public Value Apply(
        BodyPath path, Operation operation, IReadOnlyList<TensorValue> inputs, Arguments arguments, Place place,
        MemberPath? name = null, Condition? beforeNorm = null, string? target = null, Place? named = null)
    {
        if (operation.PolicyOfNetwork is { } policy && arguments.Find(policy.Name) is null)
        {
            rooms.Policies.Use(path.Policy);
            arguments = WithPolicy(path, operation, arguments, place);
        }
        if (arguments.HasTensors)
            inputs = [.. inputs, .. arguments.Tensors];
        var call = NewCall(path, operation, inputs, arguments, place, beforeNorm);
        if (Infer(call) is not { } shape)
            return ErrorValue.Instance;
        Member? member = null;
        if (operation.Module is { } type && name is not null)
        {
            if (!rooms.Requirements.RequireKnown(arguments, operation.Name))
                return ErrorValue.Instance;
            member = rooms.Members.Add(path, name, type, named ?? place);
            if (member is null)
                return ErrorValue.Instance;
            path.Items.Add(new ConstructOperationItem(member, call, place));
        }
        return Plan(path, member, call, shape, place, target);
    }

    /// <summary>A use of an operation, which reports and requires what belongs to this path.</summary>
    public OperationCall NewCall(
        BodyPath path, Operation operation, IReadOnlyList<TensorValue> inputs, Arguments arguments, Place place,
        Condition? beforeNorm = null) =>
        new(operation, inputs, arguments, place, beforeNorm ?? Condition.False, Findings.Report, new Demands(path, rooms.Requirements));

    /// <summary>The shape of the output; null where an error was reported.</summary>
    public Shape? Infer(OperationCall call)
    {
        try
        {
            if (call.Operation.Infer(call) is not { } shape || call.HasFailed)
                return null;
            if (shape.IsBounded)
                return shape;
        }
        catch (OverflowException)
        {
        }
        Findings.Report(DiagnosticCatalogue.Overflow(call.Place));
        return null;
    }

    /// <summary>The arguments of a norm with the policy in force, where they have none of their own.</summary>
    public static Arguments WithPolicy(BodyPath path, Operation operation, Arguments arguments, Place place) =>
        operation.PolicyOfNetwork is { } policy && arguments.Find(policy.Name) is null
            ? arguments.With(policy.Name, path.Policy.Value, place)
            : arguments;

    /// <summary>Plans the computation of an operation whose module, if it has one, is made already.</summary>
    public TensorValue Plan(BodyPath path, Member? member, OperationCall call, Shape shape, Place place, string? target)
    {
        var step = rooms.Chains.Pass(path, call, member, place);
        if (call.Inputs.Count > 0 && call.Inputs[0].Channels is { AreLast: true, By: var last } && !HasGuessedRank
            && call.Operation.ForChannelsLast(call) is { } instead)
            Findings.Report(DiagnosticCatalogue.ChannelsLast(
                place, call.Operation.Name, call.Input.ToString(), last.Operation, last.At).WithHint(instead));
        var maker = new Maker(call.Operation.Name, place);
        var output = new TensorValue(shape, step.Output, place, target ?? "")
        {
            IsLearned = call.IsLearned,
            LearnedUntil = call.IsLearned ? null : TensorValue.EndOfLearned(call.Inputs, call.Operation.Name),
            FloatBy = call.Operation.Numbers(call) switch
            {
                OutputNumbers.Floating => maker,
                OutputNumbers.OfInputs => TensorValue.MakerOf(call.Inputs),
                _ => null,
            },
            Channels = shape.Rank > 2 ? ChannelsOf(call, maker) : null,
        };
        var item = new ApplyOperationItem(member, call, output, place) { Prior = step.Prior, From = step.From };
        path.Items.Add(item);
        rooms.Chains.Add(item);
        return output;
    }

    /// <summary>Whether a block that says no sizes is checked for any: its values have a rank that is none of theirs.</summary>
    private bool HasGuessedRank => rooms.Subject.IsGeneric && rooms.Subject.IsBlock
        && Enumerable.Range(0, rooms.Subject.Declaration.Inputs.Count).Any(i => rooms.Subject.Declaration.ShapeOf(i) is null);

    /// <summary>Where an operation has the channels of its output.</summary>
    private static ChannelPlace? ChannelsOf(OperationCall call, Maker maker) => call.Operation.OutputChannels(call) switch
    {
        ChannelOrder.Second => new ChannelPlace(false, maker),
        ChannelOrder.Last => new ChannelPlace(true, maker),
        ChannelOrder.LastUnlessSecond =>
            ChannelPlace.OfAll(call.Inputs) is { AreLast: false } second ? second : new ChannelPlace(true, maker),
        ChannelOrder.OfInputs => ChannelPlace.OfAll(call.Inputs),
        _ => null,
    };

    /// <summary>concat(a, b, ...): its values come before its named arguments.</summary>
    public Value EvaluateJoin(BodyPath path, Operation operation, CallExpression expression, IReadOnlyList<Argument> positional,
        string? target)
    {
        var call = expression.Call;
        var place = rooms.Subject.At(call.Span);
        var given = positional.Take(operation.InputCount ?? positional.Count).ToArray();
        var tensors = EvaluateInputs(path, operation, given);
        var bound = rooms.Binder.Bind(path, call, operation.Parameters, call.Arguments.Skip(given.Length).ToArray());
        if (bound is null || tensors is null)
            return ErrorValue.Instance;
        if (tensors.Count < (operation.InputCount ?? 1))
            return Findings.Fail(DiagnosticCatalogue.InputCount(
                place, operation.Name, operation.InputCount is { } count ? $"{count} values" : "at least one value", tensors.Count));
        var name = rooms.Labels.Of(path, expression.Label, expression.Span);
        if (operation.Module == ModuleType.Parameter && !CanBeLearnedHere(path, call, name))
            return ErrorValue.Instance;
        var named = expression.Label is { } label ? rooms.Subject.At(label.Span) : place;
        return Apply(path, operation, tensors, bound, place, name, null, target, named);
    }

    private IReadOnlyList<TensorValue>? EvaluateInputs(BodyPath path, Operation operation, IReadOnlyList<Argument> given)
    {
        var tensors = new List<TensorValue>();
        var failed = false;
        foreach (var argument in given)
            foreach (var value in rooms.Expressions.EvaluateAll(path, argument.Value))
            {
                if (value is TensorValue tensor)
                    tensors.Add(tensor);
                else
                {
                    if (value is not ErrorValue && !failed)
                        Findings.Report(
                            DiagnosticCatalogue.ValueType(rooms.Subject.At(argument.Span), $"Each input of '{operation.Name}'", "a tensor",
                            value.Describe())
                            .WithHint(value switch
                            {
                                ListValue => $"Write the values themselves: {operation.Example}.",
                                SizeValue => operation.HintForNumber,
                                _ => null,
                            }));
                    failed = true;
                }
            }
        return failed ? null : tensors;
    }

    /// <summary>A learned tensor is one parameter under one name that the file says: torch moves it by that name.</summary>
    private bool CanBeLearnedHere(BodyPath path, Call call, MemberPath name)
    {
        if (path.Turns.Count == 0 && path.Loops.Count == 0 && name.IsFixed)
            return true;
        Findings.Report(DiagnosticCatalogue.Misplaced(
                rooms.Subject.At(call.Callee.Span), call.Callee.Text, "it outside of loops, with a label that contains no computed number")
            .WithHint("Put it into a block together with the operations that use it, and number the blocks."));
        return false;
    }

    /// <summary>An operation that is a row of others, which are applied one by one.</summary>
    public IReadOnlyList<Value> ApplyRow(BodyPath path, Operation row, TensorValue input, Arguments arguments, Place place) =>
        row.Expand(NewCall(path, row, [input], arguments, place)) is { } parts
            ? parts.Select(part => Apply(path, part.Operation, [input], part.Arguments, place)).ToArray()
            : Findings.NoValues;
}
