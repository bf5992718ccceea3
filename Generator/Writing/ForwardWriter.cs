using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Generator.Planning;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Writing;

/// <summary>
/// Writes the forward pass: its signature, its body (<see cref="ForwardBody"/>) and what it gives back. A block that is part of
/// a statistic chain has a second one, which takes and gives states beside the values, and a call of that one.
/// </summary>
internal sealed class ForwardWriter
{
    private readonly ClassPlan _plan;
    private readonly CodeWriter _writer;
    private readonly ForwardNames _names;
    private readonly InputWriter _inputs;
    private readonly ForwardBody _body;

    public ForwardWriter(ClassPlan plan, CodeWriter writer)
    {
        _plan = plan;
        _writer = writer;
        _names = new ForwardNames(plan);
        _inputs = new InputWriter(plan, _names, writer);
        _body = new ForwardBody(plan, _names, writer);
    }

    private ModuleModel Model => _plan.Model;

    private IEnumerable<string> InputNames => Model.Inputs.Select(input => _names[input]);

    /// <summary>The type of the result: a tensor, or a record of several.</summary>
    public static string ResultType(ModuleModel model) => model.Outputs.Count == 1 ? "Tensor" : ResultRecord(model);

    /// <summary>The record that a module with several outputs gives.</summary>
    public static string ResultRecord(ModuleModel model) => $"{CSharpNames.Identifier(model.Name)}Output";

    /// <summary>The names of the outputs.</summary>
    public static IEnumerable<string> OutputFields(ModuleModel model) =>
        model.Outputs.Select(output => CSharpNames.Identifier(output.Name));

    /// <summary>The name of an output's state beside it.</summary>
    public static string StateField(string field) => $"{field.TrimStart('@')}State";

    public void Write()
    {
        _writer.Line("/// <inheritdoc/>");
        _writer.Line($"public override {ResultType(Model)} forward({string.Join(", ", InputNames.Select(name => $"Tensor {name}"))})");
        if (Model.Declaration.Kind == ModuleKind.Block && Model.HasChainForward)
            WriteChained();
        else
            WritePlain();
    }

    private void WritePlain() => _writer.Block(() =>
    {
        _inputs.Write();
        _writer.Line("using var scope = NewDisposeScope();");
        foreach (var input in Model.Inputs.Where(_plan.Forward.Live.IsStateNeeded))
            _writer.Line($"ChannelState? {_names.State(input)} = null;");
        _body.Write();
        var outputs = Returned().Select(output => $"scope.MoveToOuter({output.Code})").ToArray();
        _writer.Line(outputs.Length == 1 ? $"return {outputs[0]};" : $"return new {ResultRecord(Model)}({string.Join(", ", outputs)});");
    });

    private void WriteChained()
    {
        ChainedInput[] inputs =
            [.. Model.Inputs.Select((input, i) => new ChainedInput(_names[input], _names.State(input), Liveness.IsSharpened(Model, i)))];
        _writer.Block(() =>
        {
            _writer.Line("using var scope = NewDisposeScope();");
            foreach (var input in inputs.Where(input => input.IsReference))
                _writer.Line($"ChannelState? {input.State} = null;");
            var arguments = inputs.Select(input => $"{input.Name}, {(input.IsReference ? $"ref {input.State}" : "null")}");
            var call = $"forward({string.Join(", ", arguments)})";
            if (Model.Outputs.Count == 1)
            {
                _writer.Line($"return scope.MoveToOuter({call}.output);");
                return;
            }
            _writer.Line($"var outputs = {call};");
            var fields = OutputFields(Model).Select(field => $"scope.MoveToOuter(outputs.{field})");
            _writer.Line($"return new {ResultRecord(Model)}({string.Join(", ", fields)});");
        });
        _writer.Line();
        _writer.Line("/// <summary>The forward pass as part of a statistic chain: states come in and go out beside the values.</summary>");
        foreach (var input in inputs.Where(input => input.IsReference))
            _writer.Line(
                $"/// <remarks>A norm observes <paramref name=\"{input.Name.TrimStart('@')}\"/>, so its state comes back as the "
                    + "posterior.</remarks>");
        var parameters = inputs.Select(input => $"Tensor {input.Name}, {(input.IsReference ? "ref " : "")}ChannelState? {input.State}");
        var results = Model.Outputs.Count == 1
            ? "Tensor output, ChannelState? state"
            : string.Join(", ", OutputFields(Model).Select(field => $"Tensor {field}, ChannelState? {StateField(field)}"));
        (string Parameters, string Results) signature = (string.Join(", ", parameters), results);
        _writer.Line($"public ({signature.Results}) forward({signature.Parameters})");
        _writer.Block(() =>
        {
            _inputs.Write();
            _writer.Line("using var scope = NewDisposeScope();");
            _body.Write();
            foreach (var input in inputs.Where(input => input.IsReference))
                _writer.Line($"{input.State} = {input.State}?.MoveToOuter(scope);");
            var outputs = Returned().Select(output => (output.Code, State: _plan.Forward.Live.IsStateNeeded(output.Value)
                    ? $"{_names.State(output.Value)}?.MoveToOuter(scope)"
                    : "null"))
                .Select(output => $"scope.MoveToOuter({output.Code}), {output.State}");
            _writer.Line($"return ({string.Join(", ", outputs)});");
        });
        _writer.Line();
        new ChainedCallWriter(Model, inputs, _writer).Write(signature);
    }

    /// <summary>The values that are given back; one whose handle is not the module's own gets another.</summary>
    private IEnumerable<(string Code, TensorValue Value)> Returned()
    {
        var seen = new HashSet<TensorValue>();
        foreach (var output in Model.Outputs)
        {
            var value = output.Value;
            var isOwn = !Model.Inputs.Contains(value)
                && (_body.Owns(value) || !value.MayBeInput)
                && seen.Add(value)
                && (_body.Owns(value) || !value.IsVariable || Model.Outputs.Count == 1);
            yield return (isOwn ? _names[value] : $"{_names[value]}.alias()", value);
        }
    }
}
