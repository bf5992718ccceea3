using System.Collections.Generic;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>ReLU with a learned slope below zero (torch.nn.PReLU).</summary>
internal sealed class PRelu : Operation
{
    public override string Name => "prelu";

    public override string Summary => "x where positive, a learned slope times x elsewhere: a slope per channel, or one for all as torch.nn.PReLU() has.";

    public override string Example => "y = x -> act: prelu";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("initial", ParameterKind.Number, "Value of every slope at first.", "0.25"),
        new("shared", ParameterKind.Flag, "Whether all channels have one slope.", "false"),
    ];

    public override string ShapeRule => "[N, C, ...], unchanged";

    public override string MomentRule => "the moments of a Gaussian that is scaled below zero, in closed form";

    public override string ModuleType => "PReLU";

    public override Shape? Infer(OperationCall call)
    {
        if (call.Flag("shared", false) is null)
        {
            call.Report(DiagnosticCatalogue.ArgumentType(call.PlaceOf("shared"), Name, "shared", "true or false that is known", "a parameter"));
            return null;
        }
        return call.RequireRankAtLeast(2, "[N, C, ...]") && (IsShared(call) || call.RequireKnown(call.Input.Channels, "channels")) ? call.Input : null;
    }

    private static bool IsShared(OperationCall call) => call.Flag("shared", false) == true;

    private static Size Slopes(OperationCall call) => IsShared(call) ? Size.One : call.Input.Channels;

    public override string Construct(OperationCall call, CodeContext code) =>
        $"nn.PReLU({code.Of(Slopes(call))}, {call.Number("initial", code, 0.25)}, device: device, dtype: dtype)";

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => $"{module}.call({inputs[0]})";

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.Pass(new PReluRule({module}.weight), {output})";

    public override Size ParameterCount(OperationCall call) => Slopes(call);
}
