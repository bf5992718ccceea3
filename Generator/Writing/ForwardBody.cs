using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Generator.Planning;
using KnDsl.Language.Operations;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Plan;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Writing;

/// <summary>
/// Writes the body of the forward pass: every stage a line, mapped to its place in the .knnet file; the chain's states as locals
/// beside the values they describe; a value is freed on the line that reads it last.
/// </summary>
internal sealed class ForwardBody(ClassPlan plan, ForwardNames names, CodeWriter writer)
{
    private readonly OperationPrinter _operations = new(names.Values, plan.Plans.Types);
    private readonly OwnHandles _owned = new(plan, names, writer);
    private readonly PriorLocals _priors = new(names);

    /// <summary>The norms whose call comes later, each as code names it.</summary>
    private readonly Dictionary<ApplyOperationItem, string> _modules = [];

    private ForwardPlan Plan => plan.Forward;

    private Assignments Assignments => new(plan, names, _owned, writer);

    private TypeNames Types => plan.Plans.Types;

    private Liveness Live => plan.Forward.Live;

    public void Write()
    {
        DeclareCounters(plan.Layout.Root);
        WriteItems(plan.Model.Items);
    }

    private void DeclareCounters(MemberCode owner)
    {
        foreach (var child in owner.Children.Where(child => child is { IsList: true, NeedsCounter: true }))
            writer.Line($"var {names.DeclareCounter(child)} = 0;");
        foreach (var child in owner.Children.Where(child => !child.IsList && child.Children.Count > 0))
            DeclareCounters(child);
    }

    private void WriteItems(IReadOnlyList<PlanItem> items)
    {
        foreach (var item in items)
            switch (item)
            {
                case GroupItem group when plan.Layout[group.Group] is { IsList: true } list:
                    writer.Line($"var {list.Local} = {names.NextOf(list)};");
                    DeclareCounters(list);
                    break;
                case ApplyOperationItem operation when Plan.Fusions.ComesLater(operation):
                    // Lists go on to their next item in the order of the file.
                    if (operation.Member is { } member)
                        _modules[operation] = Access(member);
                    break;
                case ApplyOperationItem operation when Plan.Fusions.EndingAt(operation) is { } fusion:
                    WriteFusion(fusion, items);
                    break;
                case ApplyOperationItem { Call.Operation.PolicyOfNetwork: not null } norm:
                    WriteNorm(norm, items);
                    break;
                case ApplyOperationItem operation:
                    WriteOperation(operation, items);
                    break;
                case ApplyBlockItem block:
                    WriteBlock(block, items);
                    break;
                case IfItem branch when Plan.HasWork(branch):
                    WriteIf(branch, items);
                    break;
                case LoopItem loop when Plan.HasWork(loop):
                    WriteLoop(loop, items);
                    break;
            }
    }

    /// <summary>The way to a member; the next item of a list that a counter goes through gets a name for this turn.</summary>
    private string Access(Member member)
    {
        var code = plan.Layout[member];
        if (code is { Form: MemberForm.List, NeedsCounter: true })
            writer.Line($"var {code.Local} = {names.NextOf(code)};");
        return names.Access(code);
    }

    // ---- operations and norms ------------------------------------------------------------------------------------

    private void WriteOperation(ApplyOperationItem item, IReadOnlyList<PlanItem> items)
    {
        var (operation, call) = (item.Call.Operation, item.Call);
        var module = item.Member is null ? "" : Access(item.Member);
        var inputs = call.Inputs.Select(input => names[input]).ToArray();
        var output = _owned.Declare(item.Output);
        if (operation.Moments(call) is ModuleStep && (Live.PassesState(item) || Plan.Priors.PassedBy(item).Count > 0))
        {
            WriteModule(item, module, items);
            WriteUnknownState(item);
        }
        else
        {
            writer.Line(item.Place, $"var {output} = {_operations.Compute(operation.Compute(call), module, inputs)};");
            WriteStates(item, module, output, items);
        }
        if (operation is ExternOperation declared)
            writer.Line(item.Place, _operations.ShapeCheck(declared, output, Plan.CheckableSizes(item.Output)));
        _owned.FreeAfter(item, call.Inputs.Append(item.Output), items);
    }

    /// <summary>The states after an operation.</summary>
    /// <param name="output">A value of the output's shape.</param>
    private void WriteStates(ApplyOperationItem item, string module, string output, IReadOnlyList<PlanItem> items)
    {
        var step = item.Call.Operation.Moments(item.Call);
        if (Live.PassesState(item))
            writer.Line($"var {names.State(item.Output)} = {StateAfter(item.Call, step, module, output)};");
        foreach (var later in Plan.Priors.PassedBy(item))
            SetPrior(later, _operations.Moments(step!, module, StatesOf(item.Call, _ => _priors[later]), output), items);
        WriteUnknownState(item);
    }

    /// <summary>A state that is needed, but that no operation passes on.</summary>
    private void WriteUnknownState(ApplyOperationItem item)
    {
        if (!Live.PassesState(item) && Live.IsStateNeeded(item.Output))
            writer.Line($"{Types.ChannelState}? {names.State(item.Output)} = null;");
    }

    /// <summary>
    /// The call of a module that states pass: that of its input, and the priors of norms that name their predecessor. The call gives
    /// them back, since its hooks may change the value that they describe.
    /// </summary>
    private void WriteModule(ApplyOperationItem item, string module, IReadOnlyList<PlanItem> items)
    {
        var (input, output) = (item.Call.Inputs[0], names[item.Output]);
        var (passes, priors) = (Live.PassesState(item), Plan.Priors.PassedBy(item));
        string[] before = [.. passes ? [names.StateOrNull(input)] : (string[])[], .. priors.Select(later => _priors[later])];
        string[] after =
            [.. passes ? [$"var {names.State(item.Output)}"] : (string[])[], .. priors.Select(later => _priors.ToSet(later, items))];
        if (before.Length == 1)
        {
            writer.Line(item.Place, $"(var {output}, {after[0]}) = {module}.call({names[input]}, {before[0]});");
            return;
        }
        var states = names.Take(output.TrimStart('@') + "States");
        var others = string.Join(", ", before.Skip(1));
        writer.Line(item.Place, $"(var {output}, var {states}) = {module}.call({names[input]}, {before[0]}, [{others}]);");
        for (var i = 0; i < after.Length; i++)
            writer.Line($"{after[i]} = {states}[{i}];");
    }

    /// <summary>The state of an operation's output.</summary>
    private string StateAfter(OperationCall call, MomentStep? step, string module, string output)
    {
        var states = StatesOf(call, names.StateOrNull);
        return step is null ? states[0] : _operations.Moments(step, module, states, output);
    }

    /// <summary>What a rule gets of each input. A learned tensor has no state: the rule gets the tensor.</summary>
    private string[] StatesOf(OperationCall call, Func<TensorValue, string> state) =>
        [.. call.Inputs.Select(input => input.IsLearned ? names[input] : state(input))];

    private void WriteNorm(ApplyOperationItem item, IReadOnlyList<PlanItem> items)
    {
        var module = Access(item.Member!);
        WriteNormCall(item, module, _owned.Declare(item.Output), null, item.Place, items);
        _owned.FreeAfter(item, [item.Call.Inputs[0], item.Output], items);
    }

    /// <summary>The call of a norm, and the states after it.</summary>
    /// <param name="output">The local for its output, or for what the epilogue makes of it.</param>
    /// <param name="epilogue">What comes after the norm in the same call; null is nothing.</param>
    private void WriteNormCall(
        ApplyOperationItem item, string module, string output, string? epilogue, Place place, IReadOnlyList<PlanItem> items)
    {
        var input = item.Call.Inputs[0];
        var isChained = Liveness.IsChained(item.Call);
        var prior = item.From is not null ? _priors[item]
            : isChained && !Liveness.StartsChain(item.Call) && item.Prior!.HasState ? names.StateOrNull(input)
            : "null";
        var emits = isChained && Live.IsStateNeeded(item.Output);
        var sharpens = isChained && Live.IsStateNeeded(input) && Live.IsStateLiveAfter(item, input);
        if (prior == "null" && !emits && !sharpens)
        {
            writer.Line(place, epilogue is null
                ? $"var {output} = {_operations.Call(module, [names[input]])};"
                : $"var {output} = {module}.call({names[input]}, {epilogue});");
            if (Live.IsStateNeeded(item.Output))
                writer.Line($"{Types.ChannelState}? {names.State(item.Output)} = null;");
        }
        else
        {
            var (emitted, posterior) = (emits ? $"var {names.State(item.Output)}" : "var _", sharpens ? names.State(input) : "var _");
            var arguments = string.Join(", ", new[] { names[input], prior, epilogue }.Where(argument => argument is not null));
            writer.Line(place, $"(var {output}, {emitted}, {posterior}) = {module}.call({arguments});");
        }
        foreach (var later in Plan.Priors.Through(item))
            if (later != item)
                SetPrior(later, names.State(item.Output), items);
    }

    /// <summary>
    /// A norm and what comes right after it, as one call in the place of the last stage. Its states are those of the stages one after
    /// the other: they follow from moments, not from values.
    /// </summary>
    private void WriteFusion(Fusion fusion, IReadOnlyList<PlanItem> items)
    {
        // What lies between has no value, but may have a state.
        foreach (var item in fusion.AfterNorm.Prepend(fusion.Norm).Where(item => item != fusion.Last))
            names.Declare(item.Output);
        var output = _owned.Declare(fusion.Last.Output);
        var epilogue = _operations.Epilogue(fusion.Activation?.Call.Operation, fusion.Addend is { } addend ? names[addend] : null,
            Plan.Recomputations.Contains(fusion.Last.Output) ? plan.RecomputeField : null);
        WriteNormCall(fusion.Norm, _modules[fusion.Norm], output, epilogue, fusion.Place, items);
        foreach (var item in fusion.AfterNorm)
            WriteStates(item, "", output, items);
        foreach (var value in fusion.Reads.Append(fusion.Last.Output).Distinct())
            _owned.FreeAfter(fusion.LastUseOf(value), [value], items);
    }

    private void SetPrior(ApplyOperationItem norm, string state, IReadOnlyList<PlanItem> items) =>
        writer.Line($"{_priors.ToSet(norm, items)} = {state};");

    // ---- blocks --------------------------------------------------------------------------------------------------

    private void WriteBlock(ApplyBlockItem item, IReadOnlyList<PlanItem> items)
    {
        var callee = item.Use.Generic;
        var module = Access(item.Member);
        var outputs = item.Outputs.Select(output => _owned.Declare(output)).ToArray();
        var needsState = item.Outputs.Any(Live.IsStateNeeded) || callee.ObservesStates && item.Inputs.Any(Live.IsStateNeeded);
        if (callee.HasChainForward && needsState)
        {
            var arguments = item.Inputs.Select((input, i) => $"{names[input]}, {StateArgument(callee, input, i)}").ToArray();
            var results = item.Outputs.Select((output, i) =>
                $"var {outputs[i]}, {(Live.IsStateNeeded(output) ? $"var {names.State(output)}" : "var _")}");
            writer.Line(item.Place, $"({string.Join(", ", results)}) = {module}.call({string.Join(", ", arguments)});");
        }
        else
        {
            WriteCall(item, module, outputs);
            foreach (var output in item.Outputs.Where(Live.IsStateNeeded))
                writer.Line($"{Types.ChannelState}? {names.State(output)} = null;");
        }
        DeclareSizesOf(item.Outputs, module);
        _owned.FreeAfter(item, item.Inputs.Concat(item.Outputs), items);
    }

    private void WriteCall(ApplyBlockItem item, string module, string[] outputs)
    {
        var inputs = item.Inputs.Select(input => names[input]).ToArray();
        if (outputs.Length == 1)
        {
            writer.Line(item.Place, $"var {outputs[0]} = {_operations.Call(module, inputs)};");
            return;
        }
        var results = string.Join(", ", outputs.Select(output => $"var {output}"));
        writer.Line(item.Place, $"({results}) = {module}.call({string.Join(", ", inputs)});");
        for (var i = 0; i < outputs.Length; i++)
            writer.Line($"{outputs[i]} = {_operations.Owned(outputs[i], [.. inputs, .. outputs.Take(i)])};");
    }

    private string StateArgument(ModuleModel callee, TensorValue input, int index)
    {
        if (!Liveness.IsSharpened(callee, index))
            return names.StateOrNull(input);
        if (Live.IsStateNeeded(input))
            return $"ref {names.State(input)}";
        // Nothing here asks for the posterior.
        var unused = names.Take(names.State(input) + "Unused");
        writer.Line($"{Types.ChannelState}? {unused} = null;");
        return $"ref {unused}";
    }

    /// <summary>Sizes that a block sets: its outputs tell them where they can.</summary>
    private void DeclareSizesOf(IReadOnlyList<TensorValue> outputs, string module)
    {
        foreach (var symbol in outputs.SelectMany(output => output.Shape.Sizes).SelectMany(size => size.Symbols()).Distinct())
            if (symbol.Origin is BlockSize size && Plan.IsLocal(symbol) && !names.HasNumber(symbol))
            {
                var code = SizeSource.Find(outputs, symbol) is { } source ? $"(int){names.Print(source)}"
                    : size.Formula is { } formula ? names.Number(formula)
                    : $"{module}.{CSharpNames.Pascal(size.Property)}";
                writer.Line($"var {names.DeclareNumber(symbol)} = {code};");
            }
    }

    // ---- ifs and loops -------------------------------------------------------------------------------------------

    private void WriteIf(IfItem item, IReadOnlyList<PlanItem> items)
    {
        var sizes = item.Sizes.Where(size => Plan.IsLocal(size.Variable))
            .Select(size => (Size: size, Name: names.DeclareNumber(size.Variable)!)).ToArray();
        foreach (var size in sizes)
            writer.Line($"int {size.Name};");
        foreach (var merge in item.Merges)
        {
            writer.Line($"{Types.Tensor} {_owned.Declare(merge.Variable)};");
            if (Live.IsStateNeeded(merge.Variable))
                writer.Line($"{Types.ChannelState}? {names.State(merge.Variable)};");
        }
        writer.Line(item.Place, $"if ({ConditionOf(item)})");
        WriteBranch(item.Then, item.Merges.Select(merge => (merge.Variable, merge.Then)),
            sizes.Select(size => (size.Name, size.Size.Then)));
        if (Plan.HasWork(item.Else) || item.Merges.Count > 0 || sizes.Length > 0)
        {
            writer.Line("else");
            WriteBranch(item.Else, item.Merges.Select(merge => (merge.Variable, merge.Else)),
                sizes.Select(size => (size.Name, size.Size.Else)));
        }
        _owned.FreeAfter(item, item.Then.AllReads().Concat(item.Else.AllReads())
            .Concat(item.Merges.SelectMany(merge => new[] { merge.Then, merge.Else, merge.Variable })), items);
    }

    private string ConditionOf(IfItem item) => Plan.Condition(item) switch
    {
        ConditionSource.Member member => $"{names.Own(member.Code)} is not null",
        ConditionSource.Field field => field.Name,
        _ => names.Values.Of(item.Condition),
    };

    private void WriteBranch(
        IReadOnlyList<PlanItem> items, IEnumerable<(TensorValue Variable, TensorValue Value)> assigned,
        IEnumerable<(string Name, Size Value)> sizes) =>
        writer.Block(() =>
        {
            WriteItems(items);
            Assignments.Write([.. assigned], items);
            foreach (var (name, value) in sizes)
                writer.Line($"{name} = {names.Number(value)};");
        });

    private void WriteLoop(LoopItem item, IReadOnlyList<PlanItem> items)
    {
        Assignments.Begin(item, items);
        var carriedSizes = item.Sizes.Where(size => Plan.IsLocal(size.Variable)).ToArray();
        // What they begin with is read before any of them is named: it may be an outer number of the same name.
        var starts = carriedSizes.Select(size => names.Number(size.Before)).ToArray();
        var sizes = carriedSizes.Select(size => (Name: names.DeclareNumber(size.Variable)!, size.Next)).ToArray();
        for (var i = 0; i < sizes.Length; i++)
            writer.Line($"var {sizes[i].Name} = {starts[i]};");
        var variable = names.DeclareTurn(item.Variable);
        writer.Line(item.Place, $"for (var {variable} = {names.Number(item.From)}; {variable} < {names.Values.Of(item.To)}; {variable}++)");
        writer.Block(() =>
        {
            WriteItems(item.Body);
            Assignments.Write([.. item.Carried.Select(carried => (carried.Variable, carried.Next))], item.Body);
            if (sizes.Length == 1)
                writer.Line($"{sizes[0].Name} = {names.Number(sizes[0].Next)};");
            else if (sizes.Length > 1)
                writer.Line(
                    $"({string.Join(", ", sizes.Select(size => size.Name))}) = "
                        + $"({string.Join(", ", sizes.Select(size => names.Number(size.Next)))});");
        });
        _owned.FreeAfter(item, item.Body.AllReads()
            .Concat(item.Carried.SelectMany(carried => new[] { carried.Before, carried.Next, carried.Variable })), items);
    }
}
