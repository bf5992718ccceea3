using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>An activation: a function of each element alone. <see cref="Activations"/> lists them.</summary>
/// <param name="title">What it computes.</param>
/// <param name="parameters">Its numbers, in the order in which the function takes them.</param>
internal sealed class Elementwise(string name, string title, params NumberParameter[] parameters) : Operation
{
    public override string Name => name;

    public override string Summary => title;

    public override string Example => parameters.Length == 0
        ? $"y = x -> {name}"
        : $"y = x -> {name}({string.Join(", ", parameters.Select(parameter => $"{parameter.Name}: {parameter.DefaultText ?? "0.1"}"))})";

    public override IReadOnlyList<OperationParameter> Parameters => parameters;

    public override string ShapeRule => "any shape, unchanged";

    public override string MomentRule => Rule.Words;

    public override bool KeepsLearned => true;

    /// <summary>The moment rule; quadrature where none in closed form is known.</summary>
    public ElementwiseRule Rule { get; init; } = ElementwiseRule.Quadrature;

    /// <summary>Whether whole numbers stay whole.</summary>
    public bool KeepsWholeNumbers { get; init; }

    public override OutputNumbers Numbers(OperationCall call) => KeepsWholeNumbers ? OutputNumbers.OfInputs : OutputNumbers.Floating;

    public override Shape? Infer(OperationCall call) =>
        parameters.All(parameter => parameter.AtLeast is not { } other || IsAtLeast(call, parameter, other)) ? call.Input : null;

    private bool IsAtLeast(OperationCall call, NumberParameter parameter, NumberParameter other)
    {
        var (number, least) = (call.Get(parameter), call.Get(other));
        // What is found is what a constructor call decides.
        return call.RequireAtLeast(number, least, () => number.Value is not null && least.Value is null
            ? DiagnosticCatalogue.ArgumentRange(
                call.PlaceOf(other), Name, other.Name, $"at most {parameter.Name}, which is {Text(number)}", Text(least))
            : DiagnosticCatalogue.ArgumentRange(
                call.Has(parameter) ? call.PlaceOf(parameter) : call.PlaceOf(other), Name, parameter.Name,
                $"at least {other.Name}, which is {Text(least)}", Text(number)));

        static string Text(Number shown) => shown.Value is { } known ? Number.Format(known) : shown.ToString();
    }

    private readonly string _function = $"torch.nn.functional.{name}";

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.OfInputs;

    public override Computation Compute(OperationCall call) =>
        Function(_function, [Input(), .. parameters.Select(parameter => (NamedOperand)call.Get(parameter))]);

    public override MomentStep Moments(OperationCall call) => Rule.Step(call, parameters);
}
