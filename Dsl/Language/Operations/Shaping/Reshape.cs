using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Gives the same elements other sizes (torch.reshape); the batch stays.</summary>
internal sealed class Reshape : Operation
{
    public override string Name => "reshape";

    public override bool KeepsLearned => true;

    public override string Summary => "Gives the same elements other sizes (torch.reshape); the batch is kept and not written.";

    public override string Example => "y = x -> linear(1024) -> reshape(64, 4, 4)";

    private static readonly ListParameter NewSizes =
        new("sizes", "All sizes except the batch; one of them may be -1, for whatever remains.") { IsVariadic = true, Minimum = -1 };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [NewSizes];

    public override string ShapeRule => "[N, ...] -> [N, sizes...]";

    public override string MomentRule =>
        "every new channel has the mixture of the channels that its elements come from; " +
        "a dimension of channels that stays as it is keeps them apart";

    public override OutputNumbers Numbers(OperationCall call) => OutputNumbers.OfInputs;

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRankAtLeast(1, "[N, ...]"))
            return null;
        var sizes = call.Get(NewSizes);
        var elements = Product(call.Input.Sizes.Skip(1));
        var wanted = $"[{string.Join(", ", sizes)}]";
        var open = sizes.Count(size => size.Value == -1);
        var known = Product(sizes.Where(size => size.Value != -1));
        Diagnostic Differs() =>
            DiagnosticCatalogue.Reshape(call.PlaceOf(NewSizes), Name, call.Input.ToString(), elements.ToString(), wanted,
            open == 0 ? known.ToString() : open == 1 ? $"a multiple of {known}" : "more than one -1")
                .WithHint(call.Inputs[0].IsLearned
                    ? "A learned tensor has no batch, which reshape keeps: declare it with these sizes."
                    : open == 1 && known != Size.Zero ? Sizing.Hint(Size.Modulo(elements, known), 0, "They are one", null) : null);
        if (!call.Input[0].IsConstant && sizes.Any(size => size == call.Input[0]))
        {
            call.Report(Differs().WithHint($"The batch is kept and not written: remove {call.Input[0]}."));
            return null;
        }
        if (open > 1 || sizes.Count == 0)
        {
            call.Report(Differs());
            return null;
        }
        if (!call.RequireNotZero(Product(sizes.Where(size => size.IsConstant)), Differs))
            return null;
        if (open == 0)
        {
            // A size that is on both sides need not be known for the rest to be checked where the network is built.
            var (have, want) = (call.Input.Sizes.Skip(1).ToList(), sizes.ToList());
            have.RemoveAll(want.Remove);
            var difference = Product(have) - Product(want);
            if (difference.Symbols().Any(symbol => symbol.Kind == SymbolKind.Data))
                RequirePositive(call, sizes);
            return call.Require(Product(have), Product(want), Differs) ? new Shape(sizes.Prepend(call.Input[0])) : null;
        }
        RequirePositive(call, sizes);
        var rest = Size.FloorDivide(elements, known);
        if (rest * known != elements && !call.RequireMultiple(elements, known, Differs))
            return null;
        return new Shape(sizes.Select(size => size.Value == -1 ? rest : size).Prepend(call.Input[0]));
    }

    /// <summary>Demands that no argument of the constructor is 0 or less: torch would take a -1 for what remains.</summary>
    private void RequirePositive(OperationCall call, IReadOnlyList<Size> sizes)
    {
        foreach (var size in sizes)
            if (!size.IsConstant)
                call.RequireAtLeast(size, Size.One, () => DiagnosticCatalogue.ArgumentRange(
                    call.PlaceOf(NewSizes), Name, NewSizes.Name, "at least 1, or a -1 that is written", size.ToString()));
    }

    private static Size Product(IEnumerable<Size> sizes) => sizes.Aggregate(Size.One, (a, b) => a * b);

    private static IEnumerable<Operand> Given(OperationCall call) => call.Get(NewSizes).Select(size => (Operand)size);

    /// <summary>Of an empty batch torch does not know what remains.</summary>
    public override Computation Compute(OperationCall call) => call.Get(NewSizes).Any(size => size.Value == -1)
        ? Function("kndsl.reshape", Input(), new ListOperand([.. Given(call)]))
        : Method("reshape", new ListOperand([new DimensionOperand(0, 0), .. Given(call)]));

    public override MomentStep Moments(OperationCall call) => Pass("Reshape");
}
