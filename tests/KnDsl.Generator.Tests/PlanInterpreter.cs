using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Plan;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Tests;

/// <summary>
/// Follows a plan for any arguments at certain ones, number by number: which modules are made, how many parameters each has, which
/// stages run, and what sizes their outputs have. It computes by itself what the language computes with formulas.
/// </summary>
internal sealed class PlanInterpreter
{
    private readonly ModuleModel _model;
    private readonly string _prefix;
    private readonly Dictionary<string, object> _values;

    /// <summary>What blocks inside found, by their paths: their users read sizes from them.</summary>
    private readonly Dictionary<Member, PlanInterpreter> _blocks = [];

    private readonly List<long[]> _outputs = [];

    /// <param name="model">The plan.</param>
    /// <param name="prefix">The path of the module, with a dot at its end.</param>
    /// <param name="values">Arguments and sizes of inputs by their names.</param>
    private PlanInterpreter(ModuleModel model, string prefix, Dictionary<string, object> values)
    {
        (_model, _prefix, _values) = (model, prefix, values);
        Follow(model.Items);
        _outputs.AddRange(model.Outputs.Select(output => SizesOf(output.Value)));
    }

    /// <summary>Each module that is made, by its path, with the number of its parameters.</summary>
    public List<(string Path, long Parameters, bool IsNorm)> Modules { get; } = [];

    /// <summary>Each stage in order: the path of its module or nothing, and the sizes of its output.</summary>
    public List<(string Module, string Sizes)> Stages { get; } = [];

    /// <summary>What the arguments break.</summary>
    public List<string> Broken { get; } = [];

    /// <summary>A network for certain arguments and sizes of its inputs.</summary>
    public static PlanInterpreter Run(ModuleModel network, IReadOnlyDictionary<string, Value> arguments,
        params (string Symbol, long Size)[] sizes) => new(network, "",
        arguments.Where(argument => argument.Value is not PolicyValue)
            .ToDictionary(argument => argument.Key, argument => Read(argument.Value))
            .Concat(sizes.Select(size => KeyValuePair.Create(size.Symbol, (object)size.Size))).ToDictionary());

    /// <summary>An argument that is known.</summary>
    public static object Read(Value value) => value switch
    {
        SizeValue size => size.Size.Value!.Value,
        FloatValue number => number.Constant!.Value,
        BoolValue condition => condition.Constant!.Value,
        ListValue list => list.Items.Select(Read).ToArray(),
        _ => throw new InvalidOperationException(value.Describe()),
    };

    // ---- the plan ------------------------------------------------------------------------------------------------

    private void Follow(IReadOnlyList<PlanItem> items)
    {
        foreach (var item in items)
            Follow(item);
    }

    private void Follow(PlanItem item)
    {
        switch (item)
        {
            case ConstructOperationItem layer:
                Modules.Add((PathOf(layer.Member), Of(layer.Call.Operation.ParameterCount(layer.Call)),
                    layer.Call.Operation.PolicyOfNetwork is not null));
                break;
            case ConstructBlockItem block:
                var made = Inside(block.Member, block.Use, block.Use.Inputs);
                Modules.AddRange(made.Modules);
                Broken.AddRange(made.Broken);
                _blocks[block.Member] = made;
                break;
            case ApplyOperationItem operation:
                Stages.Add((operation.Member is null ? "" : PathOf(operation.Member), Text(SizesOf(operation.Output))));
                break;
            case ApplyBlockItem block:
                Apply(block);
                break;
            case SizesCheck check when !Holds(Of(check.Left), check.Relation, Of(check.Right)):
                Broken.Add(check.Diagnostic.Text);
                break;
            case LimitCheck check when !Of(check.Condition):
                Broken.Add(check.Diagnostic.Text);
                break;
            case IfItem branch:
                var holds = Of(branch.Condition);
                Follow(holds ? branch.Then : branch.Else);
                foreach (var size in branch.Sizes)
                    _values[size.Variable.Name] = Of(holds ? size.Then : size.Else);
                break;
            case LoopItem loop:
                foreach (var size in loop.Sizes)
                    _values[size.Variable.Name] = Of(size.Before);
                for (var (turn, to) = (Of(loop.From), Of(loop.To)); turn < to; turn++)
                {
                    _values[loop.Variable.Name] = turn;
                    Follow(loop.Body);
                    foreach (var (name, next) in loop.Sizes.Select(size => (size.Variable.Name, Of(size.Next))).ToArray())
                        _values[name] = next;
                }
                break;
        }
    }

    private static bool Holds(long left, Relation relation, long right) => relation switch
    {
        Relation.MultipleOf => right != 0 && left % right == 0,
        Relation.NotEqual => left != right,
        Relation.Repeatable => left == right || left == 1 || right == 1,
        _ => left == right,
    };

    private PlanInterpreter Inside(Member member, BlockUse use, IReadOnlyList<Shape> inputs)
    {
        if (use.Instance is { } instance)
            return new PlanInterpreter(instance, PathOf(member) + ".", _values);
        var values = new Dictionary<string, object>();
        foreach (var (input, shape) in use.Generic.Inputs.Zip(inputs))
        {
            for (var axis = 0; axis < shape.Rank; axis++)
                input.Shape[axis].Symbols().ToList().ForEach(symbol => values[symbol.Name] = Of(shape[axis]));
        }

        foreach (var argument in use.Arguments.Where(argument => argument.Value is not PolicyValue))
            values[argument.Key] = Of(argument.Value);
        return new PlanInterpreter(use.Generic, PathOf(member) + ".", values);
    }

    /// <summary>What the user's plan says of the outputs is what the block's own plan says of them.</summary>
    private void Apply(ApplyBlockItem block)
    {
        var inside = Inside(block.Member, block.Use, [.. block.Inputs.Select(input => input.Shape)]);
        Stages.AddRange(inside.Stages);
        Broken.AddRange(inside.Broken);
        foreach (var symbol in block.Outputs.SelectMany(output => output.Shape.Sizes).SelectMany(size => size.Symbols()))
        {
            if (symbol.Origin is BlockSize size && size.Member == block.Member)
                _values[symbol.Name] = size.Formula is { } formula ? Of(formula) : inside.Of(size.Inner);
        }

        foreach (var (here, there) in block.Outputs.Select(SizesOf).Zip(inside._outputs))
        {
            if (!here.SequenceEqual(there))
                throw new InvalidOperationException($"'{block.Place.OneLine()}' gives {Text(here)}, and itself says {Text(there)}.");
        }
    }

    private string PathOf(Member member) => _prefix + LocalPathOf(member);

    private string LocalPathOf(Member member)
    {
        var name = string.Concat(member.Name.Select(part => part.Count is null ? part.Text : Of(part.Count).ToString()));
        return member.Parent is null || member.Parent.Parent is null && member.Parent.Name.Count == 0
            ? name
            : $"{LocalPathOf(member.Parent)}.{name}";
    }

    private long[] SizesOf(TensorValue value) => [.. value.Shape.Sizes.Select(Of)];

    private static string Text(long[] sizes) => string.Join(" x ", sizes);

    // ---- numbers and conditions ----------------------------------------------------------------------------------

    private object Of(Value value) => value switch
    {
        SizeValue size => Of(size.Size),
        FloatValue number => Of(number.Number),
        BoolValue condition => Of(condition.Condition),
        ListValue list => list.Items.Select(Of).ToArray(),
        ListParameterValue list => _values[list.Name],
        _ => throw new InvalidOperationException(value.Describe()),
    };

    private object ItemOf(string list, Size index) => ((object[])_values[list])[Of(index)];

    private object Of(Symbol symbol) => symbol.Origin switch
    {
        ListCount count => (long)((object[])_values[count.List]).Length,
        ListItem item => ItemOf(item.List, item.Index),
        ListChoice choice => Of(choice.Items[(int)Of(choice.Index)]),
        BlockSize size when !_values.ContainsKey(symbol.Name) => _blocks[size.Member].Of(size.Inner),
        _ => _values[symbol.Name],
    };

    private long Of(Size size) => size.Constant
        + size.Terms.Sum(term => term.Atoms.Aggregate(term.Coefficient, (product, atom) => product * Of(atom)));

    private long Of(Size.Atom atom) => atom switch
    {
        Size.SymbolAtom single => (long)Of(single.Symbol),
        Size.FloorAtom floor => (long)Math.Floor((decimal)Of(floor.Numerator) / Of(floor.Denominator)),
        Size.ConditionalAtom choice => Of(choice.Condition) ? Of(choice.Then) : Of(choice.Else),
        Size.LargestAtom largest => largest.Sizes.Max(Of),
        _ => throw new InvalidOperationException(),
    };

    private double Of(Number number) => number switch
    {
        NumberConstant constant => constant.Known,
        NumberSymbol named => Convert.ToDouble(Of(named.Symbol)),
        WholeNumber whole => Of(whole.Size),
        NumberNegation negation => -Of(negation.Operand),
        NumberOperation { Left: var left, Right: var right } operation => operation.Operation switch
        {
            Arithmetic.Add => Of(left) + Of(right),
            Arithmetic.Subtract => Of(left) - Of(right),
            Arithmetic.Multiply => Of(left) * Of(right),
            Arithmetic.Divide => Of(left) / Of(right),
            _ => Of(left) - Math.Floor(Of(left) / Of(right)) * Of(right),
        },
        NumberChoice choice => Of(choice.Items[(int)Of(choice.Index)]),
        _ => throw new InvalidOperationException(),
    };

    private bool Of(Condition condition) => condition switch
    {
        ConditionConstant constant => constant.Known,
        ConditionSymbol named => (bool)Of(named.Symbol),
        SizeComparison sizes => Compare(sizes.Comparison, Of(sizes.Left).CompareTo(Of(sizes.Right))),
        NumberComparison numbers => Compare(numbers.Comparison, Of(numbers.Left).CompareTo(Of(numbers.Right))),
        ConditionNegation negation => !Of(negation.Operand),
        ConditionJunction { IsAnd: true } both => Of(both.Left) && Of(both.Right),
        ConditionJunction either => Of(either.Left) || Of(either.Right),
        ConditionEquality equality => Of(equality.Left) == Of(equality.Right) == equality.IsEqual,
        ConditionChoice choice => Of(choice.Items[(int)Of(choice.Index)]),
        _ => throw new InvalidOperationException(),
    };

    private static bool Compare(Comparison comparison, int order) => comparison switch
    {
        Comparison.Equal => order == 0,
        Comparison.NotEqual => order != 0,
        Comparison.Less => order < 0,
        Comparison.LessOrEqual => order <= 0,
        Comparison.Greater => order > 0,
        _ => order >= 0,
    };
}
