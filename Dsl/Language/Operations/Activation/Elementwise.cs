using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>An activation: a function of each element alone. The list of them stands in <see cref="Activations"/>.</summary>
/// <param name="torch">The function of torch.nn.functional and, in braces, where its arguments stand.</param>
internal sealed class Elementwise(string name, string title, string torch, params OperationParameter[] parameters) : Operation
{
    public override string Name => name;

    public override string Summary => title;

    public override string Example => parameters.Length == 0
        ? $"y = x -> {name}"
        : $"y = x -> {name}({string.Join(", ", parameters.Select(parameter => $"{parameter.Name}: {parameter.Default}"))})";

    public override IReadOnlyList<OperationParameter> Parameters => parameters;

    public override string ShapeRule => "any shape, unchanged";

    public override string MomentRule => name switch
    {
        "relu" => "the moments of a rectified Gaussian, in closed form",
        "threshold" or "hardshrink" or "softshrink" or "hardtanh" or "relu6" => "the moments of a Gaussian that is cut off, in closed form",
        _ => "the moments of the function of a Gaussian, by Gauss-Hermite quadrature",
    };

    public override Shape Infer(OperationCall call) => call.Input;

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => Function(call, code, inputs[0]);

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        name switch
        {
            "relu" => $"{states[0]}?.Pass(new ReluRule(), {output})",
            "threshold" => $"{states[0]}?.Pass(new ThresholdRule({Argument(parameters[0], call, code)}, {Argument(parameters[1], call, code)}), {output})",
            "hardshrink" => $"{states[0]}?.Pass(new HardshrinkRule({Argument(parameters[0], call, code)}), {output})",
            "softshrink" => $"{states[0]}?.Pass(new SoftshrinkRule({Argument(parameters[0], call, code)}), {output})",
            "hardtanh" => $"{states[0]}?.Pass(new ClampRule({Argument(parameters[0], call, code)}, {Argument(parameters[1], call, code)}), {output})",
            "relu6" => $"{states[0]}?.Pass(new ClampRule(0, 6), {output})",
            _ => $"{states[0]}?.Pass(new ElementwiseRule(value => {Function(call, code, "value")}), {output})",
        };

    private string Function(OperationCall call, CodeContext code, string input)
    {
        var text = torch.Replace("{x}", input);
        foreach (var parameter in parameters)
            text = text.Replace($"{{{parameter.Name}}}", Argument(parameter, call, code));
        return text;
    }

    private static string Argument(OperationParameter parameter, OperationCall call, CodeContext code) => parameter.Kind == ParameterKind.Word
        ? call.Word(parameter.Name) ?? parameter.Default!
        : call.Number(parameter.Name, code, double.Parse(parameter.Default!, System.Globalization.CultureInfo.InvariantCulture));
}
