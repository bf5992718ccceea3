using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>Modules that are declared with <c>module</c> and applied as often as wanted.</summary>
internal sealed class SharedModules(Rooms rooms)
{
    private readonly List<SharedModule> _declared = [];

    private Findings Findings => rooms.Findings;

    private Place At(TextSpan span) => rooms.Subject.At(span);

    /// <summary>
    /// Declares a module: its name, its arguments and its policy are decided here. For which input it is made, its first use
    /// says, so that the plan has a hole for it until then.
    /// </summary>
    public void Declare(BodyPath path, ModuleStatement statement)
    {
        var value = DeclareMember(path, statement) is { } member && Bind(path, statement, member) is { } shared
            ? new ModuleValue(shared)
            : (Value)ErrorValue.Instance;
        path.Scope.Set(statement.Name.Text, value);
        if (value is not ModuleValue { Module: var declared })
            return;
        path.Items.Add(declared.Item);
        _declared.Add(declared);
    }

    private Member? DeclareMember(BodyPath path, ModuleStatement statement)
    {
        var call = statement.Call;
        var name = call.Callee.Text;
        var operation = rooms.Subject.FindOperation(name);
        if (operation is null && !rooms.Subject.File.Visible.ContainsKey(name))
        {
            rooms.Names.ReportUnknownStage(path, call);
            return null;
        }
        var type = operation is null ? new ModuleType(ModuleLibrary.Block, name) : operation.Module;
        if (type is not null && operation is null or { InputCount: 1 })
            return rooms.Members.Add(path, rooms.Labels.Of(path, statement.Label, statement.Span), type, At(statement.Label.Span));
        Findings.Report(
            DiagnosticCatalogue.ValueType(At(call.Span), "A shared module", "a block or an operation with parameters", $"'{name}'")
            .WithHint(type is null
                ? $"It has no weights to share: write value -> {name} wherever you need it."
                : $"Write {operation!.Example}."));
        return null;
    }

    /// <summary>Binds the arguments, with the policy in force; null where one is wrong.</summary>
    private SharedModule? Bind(BodyPath path, ModuleStatement statement, Member member)
    {
        var call = statement.Call;
        var shared = new SharedModule(statement.Label, call, member, At(statement.Name.Span), path.Policy)
        {
            Row = path.Items,
        };
        if (rooms.Subject.FindOperation(call.Callee.Text) is { } operation)
        {
            if (rooms.Binder.Bind(path, call, operation.Parameters) is not { } arguments
                || !rooms.Requirements.RequireKnown(arguments, operation.Name))
                return null;
            return shared with { Arguments = OperationCaller.WithPolicy(path, operation, arguments, At(call.Span)) };
        }
        var block = rooms.Subject.File.Visible[call.Callee.Text];
        var others = call.Arguments.Where(argument => !BlockCaller.IsInput(argument, block.Declaration)).ToArray();
        return rooms.Blocks.RequireBlock(block, At(call.Span)) && rooms.Binder.BindBlock(path, call, block, others) is { } bound
            ? shared with { BlockArguments = bound }
            : null;
    }

    /// <summary>Applies a shared module. The first use says for which input it is made, and later inputs must fit.</summary>
    public IReadOnlyList<Value> Apply(BodyPath path, SharedModule shared, IReadOnlyList<TensorValue> given, Call call, Place place,
        string? target)
    {
        var name = shared.Call.Callee.Text;
        return rooms.Subject.FindOperation(name) is { } operation
            ? ApplyOperation(path, shared, operation, given, call, place, target)
            : ApplyBlock(path, shared, rooms.Subject.File.Visible[name], given, call, place, target);
    }

    private IReadOnlyList<Value> ApplyOperation(
        BodyPath path, SharedModule shared, Operation operation, IReadOnlyList<TensorValue> given, Call call, Place place, string? target)
    {
        if (call.Arguments.Count > 0)
            return RefuseArguments(path, shared, call.Callee, call.Arguments);
        if (given.Count != 1)
            return [Findings.Fail(DiagnosticCatalogue.InputCount(place, shared.Label.ToString(), "1 value", given.Count))];
        var use = rooms.Operations.NewCall(path, operation, given, shared.Arguments!, place);
        if (rooms.Operations.Infer(use) is not { } shape || !FitFirst(path, shared, given, place, [])
            || !FitFirst(path, shared, use))
            return Findings.NoValues;
        if (operation.Normalization(use) is { } stage && ReferenceEquals(stage.Policy, shared.Policy.Value))
            rooms.Policies.Use(shared.Policy);
        if (!Make(path, shared, given, new ConstructOperationItem(shared.Member, use, shared.Place), place))
            return Findings.NoValues;
        return [rooms.Operations.Plan(path, shared.Member, use, shape, place, target)];
    }

    private IReadOnlyList<Value> ApplyBlock(
        BodyPath path, SharedModule shared, DeclaredModule block, IReadOnlyList<TensorValue> given, Call call, Place place, string? target)
    {
        // Inputs that the declaration gives by name go with every use.
        var all = call.Arguments.Concat(shared.Call.Arguments.Where(argument => BlockCaller.IsInput(argument, block.Declaration)))
            .ToArray();
        var (arguments, others) = BlockCaller.SplitInputs(all, block.Declaration, given.Count);
        if (others.Count > 0)
            return RefuseArguments(path, shared, call.Callee, others);
        if (rooms.Blocks.EvaluateInputs(path, given, arguments, block) is not { } inputs
            || !rooms.Blocks.FitHeader(inputs, block, place) || !FitFirst(path, shared, inputs, place, SizesOf(block))
            || rooms.Blocks.InstantiateBlock(path, block, inputs, shared.BlockArguments!, shared.Policy, place) is not { } use
            || !Make(path, shared, inputs, new ConstructBlockItem(shared.Member, use, shared.Place), place))
            return Findings.NoValues;
        return rooms.Blocks.Apply(path, shared.Member, use, inputs, place, target);
    }

    private IReadOnlyList<Value> RefuseArguments(
        BodyPath path, SharedModule shared, Name callee, IReadOnlyList<Argument> arguments) =>
    [
        Findings.Fail(DiagnosticCatalogue.TooManyArguments(At(arguments[0].Span), shared.Label.ToString(), arguments.Count, [])
            .WithHint(arguments[0].Value is NameExpression name && path.Scope.Find(name.Name)?.Value is TensorValue
                ? $"Write {name.Name} -> {callee.Text}."
                : "Its arguments are given where it is declared.")),
    ];

    /// <summary>
    /// Fills the hole that a declaration left in the plan, unless an earlier use did. Sizes that are set inside a branch or a
    /// loop which begins after the declaration are not known outside, where the module is made.
    /// </summary>
    private bool Make(BodyPath path, SharedModule shared, IReadOnlyList<TensorValue> inputs, PlanItem made, Place place)
    {
        if (shared.Item.Made is not null)
            return true;
        var outside = path.Outwards().First(around => ReferenceEquals(around.Items, shared.Row));
        var loops = path.Loops.Skip(outside.Loops.Count).ToArray();
        var inside = path.Outwards().TakeWhile(around => around != outside).SelectMany(around => around.Items).ToArray();
        if (SharedPlacement.SymbolsOf(inputs).FirstOrDefault(symbol =>
                loops.Any(loop => loop.Variable.Equals(symbol)) || inside.Any(item => SharedPlacement.Sets(item, symbol))) is { } inner)
        {
            Findings.Report(
                DiagnosticCatalogue.SharedInside(place, shared.Label.ToString(), inputs[0].Shape.ToString(), inner.Name, shared.Place));
            return false;
        }
        shared.Item.Fill(made, inputs);
        return true;
    }

    /// <summary>Whether inputs have as many dimensions as those of the first use, and the sizes that the module is built with.</summary>
    /// <param name="sizes">The sizes of the inputs that a block is built with.</param>
    private bool FitFirst(BodyPath path, SharedModule shared, IReadOnlyList<TensorValue> inputs, Place place,
        IEnumerable<(int Input, int Axis)> sizes)
    {
        if (shared.Item.Inputs is not { } first)
            return true;
        for (var i = 0; i < first.Count; i++)
            if (first[i].Shape.Rank != inputs[i].Shape.Rank)
            {
                Findings.Report(Differs(shared, i, inputs[i].Shape, place, "number of dimensions"));
                return false;
            }
        // A block that no size fixes may be made for more dimensions than these have, which is reported where it is applied.
        return sizes.Where(size => size.Axis < first[size.Input].Shape.Rank).All(size => rooms.Requirements.RequireEqual(
            path, first[size.Input].Shape[size.Axis], inputs[size.Input].Shape[size.Axis],
            () => Differs(shared, size.Input, inputs[size.Input].Shape, place, first[size.Input].Shape.NameOf(size.Axis))));
    }

    private static Diagnostic Differs(SharedModule shared, int input, Shape found, Place place, string what) =>
        DiagnosticCatalogue.SharedShape(place, shared.Label.ToString(), found.ToString(), shared.Item.Inputs![input].Shape.ToString(),
            what, shared.Item.Inputs[input].Origin);

    /// <summary>The sizes of its inputs that a block is built with.</summary>
    private IEnumerable<(int Input, int Axis)> SizesOf(DeclaredModule block) =>
        rooms.Subject.Context.Generic(block.Declaration, block.Source) is { IsComplete: true } generic
            ? generic.ConstructorSizes.OfInputs.Select(size => (size.Input, size.Axis))
            : [];

    /// <summary>Whether the module of an operation is made for the sizes that its first use has.</summary>
    private bool FitFirst(BodyPath path, SharedModule shared, OperationCall use) =>
        shared.Item.Made is not ConstructOperationItem { Call: var first } || first.Operation.Construct(first)!.OwnSizes
            .Zip(use.Operation.Construct(use)!.OwnSizes, (made, wanted) => rooms.Requirements.RequireEqual(path, made, wanted,
                () => Differs(shared, 0, use.Input, use.Place, AxisOf(first.Input, made, use.Input, wanted)))).All(fits => fits);

    /// <summary>The dimension that a size comes from which differs, as a message names it.</summary>
    private static string AxisOf(Shape first, Size made, Shape input, Size wanted)
    {
        var axes = Enumerable.Range(1, first.Rank - 1).Where(axis => first[axis] == made && input[axis] == wanted).ToArray();
        return axes.Length == 0 ? "sizes" : axes[0] == 1 ? first.NameOf(1) : "last dimension";
    }

    public void ReportUnused()
    {
        foreach (var shared in _declared)
            if (shared.Item.Made is null)
                Findings.Report(DiagnosticCatalogue.UnusedModule(shared.Place, shared.Label.ToString()));
    }
}
