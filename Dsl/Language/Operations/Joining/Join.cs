using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Elementwise joins, written as operators: sizes must be equal, or 1 where broadcasting repeats them.</summary>
internal sealed class Join(string symbol, string title, string rule, string momentRule) : Operation
{
    public static readonly Join Add =
        new("+", "Sum, element by element; one side may be a number.", "Sum", "means add; variances add (terms assumed independent)");
    public static readonly Join Multiply =
        new("*", "Product, element by element; one side may be a number.", "Product", "the moments of a product of independent values");
    public static readonly Join Subtract = new("-", "Difference, element by element; one side may be a number.", "Difference",
        "means subtract; variances add (terms assumed independent)");

    public override string Name => symbol;

    public override bool IsOperator => true;

    public override bool KeepsLearned => true;

    public override string Summary => title;

    public override string Example => symbol == "+" ? "y = x + shortcut -> relu" : $"y = x {symbol} gate";

    public override string ShapeRule =>
        "equal sizes; a size of 1 is repeated, and leading dimensions that a learned tensor lacks are added";

    public override string MomentRule =>
        $"{momentRule}; a learned tensor counts as one number per channel, and cuts the chain if it is more than that";

    public override bool PassesState(OperationCall call) => IsStated(call.Inputs[0], call) && IsStated(call.Inputs[1], call)
        && !(this == Subtract && call.Inputs[0].IsLearned);

    private static bool IsStated(TensorValue input, OperationCall call) => !input.IsLearned || IsForChannels(Aligned(input, call));

    private static bool IsForChannels(Shape shape) => shape.Sizes.Where((size, axis) => axis != 1 && size.Value != 1).Count() == 0;

    /// <summary>The shape as it is joined: a learned tensor gets the dimensions in front that the other value has.</summary>
    private static Shape Aligned(TensorValue value, OperationCall call) =>
        value.IsLearned ? value.Shape.Padded(call.Inputs.Max(input => input.Shape.Rank)) : value.Shape;

    public override int? InputCount => 2;

    public override OutputNumbers Numbers(OperationCall call) => OutputNumbers.OfInputs;

    public override Shape? Infer(OperationCall call)
    {
        var (left, right) = (call.Inputs[0], call.Inputs[1]);
        var (first, second) = (Aligned(left, call), Aligned(right, call));
        if (first.Rank != second.Rank)
        {
            call.Report(DiagnosticCatalogue.Join(call.Place, $"'{symbol}'", left.Shape.ToString(), right.Shape.ToString(),
                $"{left.Shape.Rank} and {right.Shape.Rank} dimensions", right.Origin).WithHint(Sizing.HintForLearned(call.Inputs)));
            return null;
        }
        // Most joins are of one shape, and keep it.
        if (first.Sizes.SequenceEqual(second.Sizes))
            return first;
        var sizes = new Size[first.Rank];
        for (var axis = 0; axis < sizes.Length; axis++)
        {
            var (a, b) = (first[axis], second[axis]);
            if (call.Repeat(a, b, () => DiagnosticCatalogue.Join(
                    call.Place, $"'{symbol}'", left.Shape.ToString(), right.Shape.ToString(), $"{first.NameOf(axis)} {a} and {b}",
                    right.Origin).WithHint(Sizing.HintForLearned(call.Inputs) ?? Sizing.Hint(a, b))) is not { } size)
                return null;
            sizes[axis] = size;
        }
        return new Shape(sizes);
    }

    public override bool IsSum(OperationCall call) => this == Add && !call.Inputs.Any(input => input.IsLearned)
        && call.Inputs[0].Shape.Sizes.SequenceEqual(call.Inputs[1].Shape.Sizes);

    private readonly OperatorCall _operator = new(symbol, Input(0), Input(1));

    private readonly JoinStep _ofStates = new(rule, []);

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.OfInputs;

    public override Computation Compute(OperationCall call) => _operator;

    public override MomentStep Moments(OperationCall call) => (call.Inputs[0].IsLearned, call.Inputs[1].IsLearned) switch
    {
        (true, false) => WithLearned(1, 0),
        (false, true) => WithLearned(0, 1),
        _ => _ofStates,
    };

    /// <summary>A learned tensor is known: it scales or shifts the state of the other value.</summary>
    private MomentStep WithLearned(int value, int learned) => symbol switch
    {
        "*" => new PassStep(value, "Scale", [Input(learned)]),
        "-" => new PassStep(value, "Shift", [new MethodCall(Input(learned), "neg", [])]),
        _ => new PassStep(value, "Shift", [Input(learned)]),
    };
}
