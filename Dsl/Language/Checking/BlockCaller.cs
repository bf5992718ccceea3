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

/// <summary>Uses blocks: binds what they are given, makes the model of each for its inputs, and plans its use.</summary>
internal sealed class BlockCaller(Rooms rooms)
{
    private Findings Findings => rooms.Findings;

    private Place At(TextSpan span) => rooms.Subject.At(span);

    /// <summary>A block as a stage or a call.</summary>
    /// <param name="given">The values that <c>-></c> hands on.</param>
    /// <param name="target">The name that its output gets.</param>
    /// <param name="named">The place of the label, or that of the call.</param>
    public IReadOnlyList<Value> Call(
        BodyPath path, IReadOnlyList<TensorValue> given, Call call, DeclaredModule block, Place place, MemberPath name, string? target,
        Place named)
    {
        if (BindBlockCall(path, given, call, block, place) is not var (inputs, arguments)
            || rooms.Members.Add(path, name, new ModuleType(ModuleLibrary.Block, block.Declaration.Name.Text), named) is not { } member
            || InstantiateBlock(path, block, inputs, arguments, path.Policy, place) is not { } use)
            return Findings.NoValues;
        path.Items.Add(new ConstructBlockItem(member, use, place));
        return Apply(path, member, use, inputs, place, target);
    }

    /// <summary>Whether an argument is an input of the block by its name.</summary>
    public static bool IsInput(Argument argument, ModuleDeclaration block) =>
        argument.Name is { } name && block.Inputs.Any(input => input.Text == name.Text);

    /// <summary>A block's inputs that are given as arguments, and the arguments that remain.</summary>
    public static (IReadOnlyList<Argument> Inputs, IReadOnlyList<Argument> Others) SplitInputs(
        IReadOnlyList<Argument> arguments, ModuleDeclaration block, int given)
    {
        var missing = Math.Max(0, block.Inputs.Count - given);
        var named = arguments.Where(argument => IsInput(argument, block)).ToArray();
        var byPosition = arguments.Where(argument => argument.Name is null).Take(missing - named.Length).ToArray();
        return ([.. byPosition, .. named], arguments.Where(argument => !byPosition.Contains(argument) && !named.Contains(argument))
            .ToArray());
    }

    /// <summary>The inputs and the arguments of a call; null where something is wrong.</summary>
    private (IReadOnlyList<TensorValue> Inputs, BlockArguments Arguments)? BindBlockCall(
        BodyPath path, IReadOnlyList<TensorValue> given, Call call, DeclaredModule block, Place place)
    {
        if (!RequireBlock(block, place))
            return null;
        var (arguments, others) = SplitInputs(call.Arguments, block.Declaration, given.Count);
        var surplus = others.Count(argument => argument is { Name: null, Value: NameExpression name }
            && path.Scope.Find(name.Name)?.Value is TensorValue);
        if (surplus > 0)
        {
            ReportInputCount(block, place, given.Count + arguments.Count + surplus, given.Count == block.Declaration.Inputs.Count);
            return null;
        }
        var missing = block.Declaration.Inputs.Select(input => input.Text)
            .Where(input => arguments.All(argument => argument.Name?.Text != input))
            .Skip(given.Count + arguments.Count(argument => argument.Name is null));
        return EvaluateInputs(path, given, arguments, block) is { } inputs
            && rooms.Binder.BindBlock(path, call, block, others, missing) is { } bound
            && FitHeader(inputs, block, place)
                ? (inputs, bound)
                : null;
    }

    /// <summary>Demands that a declaration is a block, and no network.</summary>
    public bool RequireBlock(DeclaredModule module, Place place)
    {
        if (module.Declaration.Kind == ModuleKind.Block)
            return true;
        Findings.Report(DiagnosticCatalogue.ValueType(place, $"'{module.Declaration.Name.Text}'", "a block here", "a network"));
        return false;
    }

    /// <summary>A block's inputs: those that <c>-></c> hands on, then those among the arguments. Null where one is no tensor.</summary>
    public IReadOnlyList<TensorValue>? EvaluateInputs(
        BodyPath path, IReadOnlyList<TensorValue> given, IReadOnlyList<Argument> arguments, DeclaredModule block)
    {
        var name = block.Declaration.Name.Text;
        var tensors = given.ToList();
        var ok = true;
        foreach (var argument in arguments)
            foreach (var value in rooms.Expressions.EvaluateAll(path, argument.Value))
            {
                if (value is TensorValue tensor)
                    tensors.Add(tensor);
                else
                {
                    ok = false;
                    if (value is not ErrorValue)
                        Findings.Report(
                            DiagnosticCatalogue.ValueType(At(argument.Span), $"An input of '{name}'", "a tensor", value.Describe())
                            .WithHint(tensors.Count > 0 && tensors.Count < block.Declaration.Inputs.Count
                                ? $"'{block.Declaration.Inputs[tensors.Count].Text}' is an input of it, since it has no type in the header."
                                : $"Write value -> {name}(...), or 'module name = {name}(...)' to share it."));
                }
            }
        return ok ? tensors : null;
    }

    /// <summary>Whether the inputs are as many as the block's header says, and of its ranks.</summary>
    public bool FitHeader(IReadOnlyList<TensorValue> inputs, DeclaredModule block, Place place)
    {
        var declaration = block.Declaration;
        if (inputs.Count != declaration.Inputs.Count)
        {
            ReportInputCount(block, place, inputs.Count);
            return false;
        }
        for (var i = 0; i < inputs.Count; i++)
            if (declaration.ShapeOf(i) is { } shape && shape.Sizes.Count != inputs[i].Shape.Rank)
            {
                Findings.Report(DiagnosticCatalogue.BlockInput(place, declaration.Name.Text, block.Source.Slice(shape.Span),
                    declaration.Inputs[i].Text, inputs[i].Shape.ToString()));
                return false;
            }
        return true;
    }

    /// <param name="haveArrived">Whether <c>-></c> hands on all that the block takes.</param>
    private void ReportInputCount(DeclaredModule block, Place place, int found, bool haveArrived = false)
    {
        var (name, names) = (block.Declaration.Name.Text, block.Declaration.Inputs.Select(input => input.Text).ToArray());
        var others = names.Length == 1 && block.Declaration.Parameters.Count == 0 ? ""
            : $"({string.Join(", ", names.Skip(1).Concat(block.Declaration.Parameters.Count == 0 ? [] : ["..."]))})";
        Findings.Report(DiagnosticCatalogue.InputCount(
                place, name, $"{DiagnosticCatalogue.Count(names.Length, "value")} ({string.Join(", ", names)})", found)
            .WithHint(haveArrived ? "The value arrives through '->': remove it from the arguments."
                : names.Length > 1
                ? $"Write {name}({string.Join(", ", names)}), or {names[0]} -> {name}({string.Join(", ", names.Skip(1))})."
                : found > 1 ? $"Write {names[0]} -> {name}{others}."
                : null));
    }

    /// <summary>The block with its arguments, checked for these inputs where they are known; null where it does not fit them.</summary>
    public BlockUse? InstantiateBlock(
        BodyPath path, DeclaredModule block, IReadOnlyList<TensorValue> inputs, BlockArguments arguments,
        PolicyInForce policy, Place place)
    {
        var (declaration, source) = (block.Declaration, block.Source);
        var context = rooms.Subject.Context;
        // Its plan for these inputs comes first: what it finds wrong is not said again of the plan for any arguments.
        var instance = rooms.Subject.IsGeneric
            ? null
            : context.Instance(declaration, source, inputs, inputs.Select(path.FactOf).ToArray(), arguments.All, policy.Value,
                new UseOfBlock(place, rooms.Subject.Use));
        if (instance is { IsComplete: false })
            context.SetFailed(declaration);
        var generic = context.Generic(declaration, source);
        if (generic.UsesNorm)
            rooms.Policies.Use(policy);
        var use = new BlockUse(generic, arguments.All, inputs.Select(input => input.Shape).ToArray(), policy.Value)
        {
            Given = arguments.Given,
        };
        if (instance is { IsComplete: true })
        {
            rooms.Budget.AddStages(instance.StageCount);
            return rooms.Requirements.RequireKnownSizes(use, place) ? use with { Instance = instance } : null;
        }
        if (instance is null && (generic.IsComplete || generic.Outputs.Count > 0) && !context.HasFailed(declaration))
            return rooms.Requirements.RequireKnownSizes(use, place) ? use : null;
        // The block's own file says what is wrong with it by itself; what only this use makes wrong is said here.
        if (instance is not null && source.Path != rooms.Subject.Source.Path && generic.IsComplete && instance.FirstError is { } inner)
            Findings.Report(DiagnosticCatalogue.InsideBlock(place, declaration.Name.Text, inner.Code, inner.Message, inner.Place));
        Findings.Suppress();
        return null;
    }

    /// <summary>Plans the use of a block that is made already.</summary>
    public IReadOnlyList<Value> Apply(BodyPath path, Member member, BlockUse use, IReadOnlyList<TensorValue> inputs, Place place,
        string? target)
    {
        var model = use.Instance ?? use.Generic;
        var chains = inputs.Select(path.FactOf).ToArray();
        if (use.Instance is null && !FitRanks(use, inputs, chains, place)
            // What the block was to give back is wrong, and told of there.
            || use.Declaration.Body.OfType<ReturnStatement>().Any(given => given.Values.Count > model.Outputs.Count))
        {
            Findings.Suppress();
            return Findings.NoValues;
        }
        var prefix = member.Path + ".";
        var sizes = use.Instance is null
            ? new OutputSizes(rooms, member, use with { Inputs = inputs.Select(input => input.Shape).ToArray() })
            : null;
        var outputs = model.Outputs.Select(output => new TensorValue(sizes?.ShapeOf(output) ?? output.Value.Shape,
            output.Chain.Within(prefix, chains), place, model.Outputs.Count == 1 ? target ?? "" : output.Name)
        {
            LearnedUntil = TensorValue.EndOfLearned(inputs, use.Declaration.Name.Text),
            FloatBy = output.Value.FloatBy,
            Channels = output.Value.Channels,
        }).ToArray();
        if (!outputs.All(output => output.Shape.Sizes.All(size => size.IsBounded)))
        {
            // What the sizes at the default arguments make wrong is told of inside the block.
            if (rooms.Subject.Context.HasFailed(use.Declaration))
                Findings.Suppress();
            else
                Findings.Report(DiagnosticCatalogue.Overflow(place));
            return Findings.NoValues;
        }
        for (var i = 0; i < inputs.Count; i++)
            if (model.InputChains[i] is { HasState: true } sharpened)
                rooms.Chains.Observe(path, inputs[i], sharpened.Within(prefix, chains));
        path.Items.Add(new ApplyBlockItem(member, use, inputs, outputs, place) { InputChains = chains, Sizes = sizes?.Formulas ?? [] });
        return outputs;
    }

    /// <summary>Whether the block's class, which is written for the ranks of its generic plan, takes these inputs.</summary>
    private bool FitRanks(BlockUse use, IReadOnlyList<TensorValue> inputs, IReadOnlyList<ChainFact> chains, Place place)
    {
        var index = 0;
        while (index < inputs.Count && use.Generic.Inputs[index].Shape.Rank == inputs[index].Shape.Rank)
            index++;
        if (index == inputs.Count)
            return true;
        // Its operations want other ranks; which, its own check says for these inputs.
        var (input, shape) = (use.Generic.Inputs[index], inputs[index].Shape);
        var probe = new ModuleChecker(rooms.Subject.Context, use.Declaration, use.Generic.Source, true, Findings.Bag);
        if (probe.CheckBlock(inputs, chains, use.Arguments, use.Policy).IsComplete)
            Findings.Report(DiagnosticCatalogue.BlockInput(
                    place, use.Declaration.Name.Text, DiagnosticCatalogue.Count(input.Shape.Rank, "dimension"), input.Name,
                    shape.ToString())
                .WithHint(shape.Rank == 0 ? null
                    : "Its operations take any number of them, and its class one: declare it in the block's header, "
                    + $"as {input.Name}{ConventionalShape(shape.Rank)}."));
        return false;
    }

    /// <summary>What people call the sizes of a tensor of this rank.</summary>
    private static string ConventionalShape(int rank) => rank switch
    {
        2 => "[N, C]",
        3 => "[N, L, C]",
        4 => "[N, C, H, W]",
        5 => "[N, C, D, H, W]",
        _ => $"[N{string.Concat(Enumerable.Range(1, rank - 1).Select(axis => $", S{axis}"))}]",
    };
}
