using System.Collections.Generic;
using System.Linq;
using KnDsl.Dsl.Diagnostics;
using KnDsl.Dsl.Model;

namespace KnDsl.Dsl.Layers;

/// <summary>Gives the same elements other sizes (torch.reshape); the batch stays.</summary>
internal sealed class Reshape : Layer
{
    public override string Name => "reshape";

    public override string Summary => "Gives the same elements other sizes (torch.reshape); the batch stays and is not written.";

    public override string Example => "y = x -> linear(1024) -> reshape(64, 4, 4)";

    public override IReadOnlyList<LayerParameter> Parameters { get; } =
        [new("sizes", ParameterKind.List, "All sizes but the batch's; one of them may be -1: what is left.", Minimum: -1) { IsVariadic = true }];

    public override string ShapeRule => "[N, ...] -> [N, sizes...]";

    public override string? MomentRule => "channels keep their moments as far as they stay whole or are divided evenly; else the chain is cut";

    public override bool PassesState(LayerCall call)
    {
        var sizes = call.List("sizes");
        // Channels may be flattened into features or features unfolded into channels; anything else would mix them.
        return sizes.Count > 0 && (sizes[0] == call.Input.Channels || sizes.Count == 1 || call.Input.Rank == 2);
    }

    public override Shape? Infer(LayerCall call)
    {
        var sizes = call.List("sizes");
        var elements = call.Input.Sizes.Skip(1).Aggregate(Size.One, (a, b) => a * b);
        var wanted = $"[{string.Join(", ", sizes)}]";
        Diagnostic Differs() => DiagnosticCatalogue.Reshape(call.PlaceOf("sizes"), Name, call.Input.ToString(), wanted);
        var open = sizes.Count(size => size.Value == -1);
        var known = sizes.Where(size => size.Value != -1).Aggregate(Size.One, (a, b) => a * b);
        if (open > 1 || sizes.Count == 0 || known == Size.Zero)
        {
            call.Report(Differs());
            return null;
        }
        if (open == 0)
            return call.Require(elements, known, Differs) ? new Shape(sizes.Prepend(call.Input[0])) : null;
        var rest = Size.FloorDivide(elements, known);
        if (rest * known != elements && !call.Require(Size.Modulo(elements, known), 0, Differs))
            return null;
        return new Shape(sizes.Select(size => size.Value == -1 ? rest : size).Prepend(call.Input[0]));
    }

    public override string Forward(LayerCall call, CodeContext code, string module, IReadOnlyList<string> inputs) =>
        $"{inputs[0]}.reshape([{inputs[0]}.shape[0], {string.Join(", ", call.List("sizes").Select(code.Of))}])";

    public override string Propagate(LayerCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.Reshape({string.Join(", ", call.List("sizes").Select(code.Of))})";
}

/// <summary>Puts the dimensions into another order (torch.permute).</summary>
internal sealed class Permute : Layer
{
    public override string Name => "permute";

    public override string Summary => "Puts the dimensions into another order (torch.permute).";

    public override string Example => "y = x -> permute(0, 2, 3, 1)";

    public override IReadOnlyList<LayerParameter> Parameters { get; } =
        [new("axes", ParameterKind.List, "All dimensions in their new order, the batch first.") { IsVariadic = true }];

    public override string ShapeRule => "dimension i of the output is dimension axes[i] of the input";

    public override string? MomentRule => "unchanged where the channels stay in their place; else the chain is cut";

    public override bool PassesState(LayerCall call) => call.List("axes") is { Count: > 1 } axes && axes[0].Value == 0 && axes[1].Value == 1;

    public override Shape? Infer(LayerCall call)
    {
        var axes = new List<int>();
        foreach (var axis in call.List("axes"))
        {
            if (Axes.Resolve(call, "axes", axis) is not { } index)
                return null;
            axes.Add(index);
        }
        if (axes.Distinct().Count() == call.Input.Rank && axes.Count == call.Input.Rank)
            return new Shape(axes.Select(axis => call.Input[axis]));
        call.Report(DiagnosticCatalogue.ArgumentType(call.PlaceOf("axes"), Name, "axes", $"all dimensions of {call.Input}, each once", $"[{string.Join(", ", axes)}]"));
        return null;
    }

    public override string Forward(LayerCall call, CodeContext code, string module, IReadOnlyList<string> inputs) =>
        $"{inputs[0]}.permute({string.Join(", ", call.List("axes").Select(code.Of))})";

    public override string Propagate(LayerCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.Permute({string.Join(", ", call.List("axes").Select(code.Of))})";
}

/// <summary>Leaves out a dimension of size 1 (torch.squeeze).</summary>
internal sealed class Squeeze : Layer
{
    public override string Name => "squeeze";

    public override string Summary => "Leaves out a dimension of size 1 (torch.squeeze).";

    public override string Example => "y = x -> avgpool(global) -> squeeze(3) -> squeeze(2)";

    public override IReadOnlyList<LayerParameter> Parameters { get; } =
        [new("axis", ParameterKind.Integer, "The dimension; negative ones count from the end.")];

    public override string ShapeRule => "the dimension is left out";

    public override string MomentRule => "unchanged";

    public override bool PassesState(LayerCall call) => call.Integer("axis").Value is { } axis && (axis < 0 ? axis + call.Input.Rank : axis) > 1;

    public override Shape? Infer(LayerCall call)
    {
        if (Axes.Resolve(call, "axis", call.Integer("axis")) is not { } axis)
            return null;
        return call.Require(call.Input[axis], 1, () => DiagnosticCatalogue.ArgumentRange(
            call.PlaceOf("axis"), Name, "axis", "a dimension of size 1", $"{call.Input[axis]} in {call.Input}"))
            ? new Shape(call.Input.Sizes.Where((_, i) => i != axis))
            : null;
    }

    public override string Forward(LayerCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => $"{inputs[0]}.squeeze({code.Of(call.Integer("axis"))})";

    public override string Propagate(LayerCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.Squeeze({code.Of(call.Integer("axis"))})";
}

/// <summary>Takes a range of a dimension (a slice of torch, x[:, 0:64]).</summary>
internal sealed class Slice : Layer
{
    public override string Name => "slice";

    public override string Summary => "Takes a range of a dimension, by default of the channels (x[:, start:end] in torch).";

    public override string Example => "half = x -> slice(0, x.channels / 2)";

    public override IReadOnlyList<LayerParameter> Parameters { get; } =
    [
        new("start", ParameterKind.Integer, "First position taken.", Minimum: 0),
        new("end", ParameterKind.Integer, "Position behind the last one taken.", Minimum: 0),
        new("axis", ParameterKind.Integer, "The dimension.", "1"),
    ];

    public override string ShapeRule => "the dimension becomes end - start";

    public override string MomentRule => "the moments of the channels taken";

    public override bool PassesState(LayerCall call) => call.Integer("axis").Value is not 0;

    public override Shape? Infer(LayerCall call)
    {
        if (Axes.Resolve(call, "axis", call.Integer("axis")) is not { } axis)
            return null;
        var (start, end) = (call.Integer("start"), call.Integer("end"));
        if ((end - start).Maximum() is > 0 or null && (call.Input[axis] - end).Maximum() is >= 0 or null)
            return call.Input.With(axis, end - start);
        call.Report(DiagnosticCatalogue.Range(call.Place, Name, $"{start} to {end}", call.Input[axis].ToString()));
        return null;
    }

    public override string Forward(LayerCall call, CodeContext code, string module, IReadOnlyList<string> inputs) =>
        $"{inputs[0]}.slice({code.Of(call.Integer("axis"))}, {code.Of(call.Integer("start"))}, {code.Of(call.Integer("end"))}, 1)";

    public override string Propagate(LayerCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.Slice({code.Of(call.Integer("axis"))}, {code.Of(call.Integer("start"))}, {code.Of(call.Integer("end"))})";
}
