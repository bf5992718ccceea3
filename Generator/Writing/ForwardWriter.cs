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

    private TypeNames Types => _plan.Plans.Types;

    /// <summary>The type of the result: a tensor, or a record of several.</summary>
    public static string ResultType(ModuleModel model, TypeNames types) =>
        model.Outputs.Count == 1 ? types.Tensor : ResultRecord(model);

    /// <summary>The record that a module with several outputs gives.</summary>
    public static string ResultRecord(ModuleModel model) => ResultRecord(model.Name);

    /// <summary>The same for the name of a module.</summary>
    public static string ResultRecord(string module) => CSharpNames.Class(module + "Output");

    /// <summary>The fields of that record.</summary>
    public static IReadOnlyList<string> OutputFields(ModuleModel model) =>
        OutputFields(ResultRecord(model), model.Outputs.Select(output => output.Name));

    /// <summary>The fields of a record for outputs of these names.</summary>
    public static IReadOnlyList<string> OutputFields(string record, IEnumerable<string> outputs)
    {
        var names = new NamePool([record]);
        return [.. outputs.Select(output => names.Take(CSharpNames.RecordField(output)))];
    }

    /// <summary>The fields of the tuple in which a statistic chain gets the outputs and their states.</summary>
    public static IReadOnlyList<(string Value, string State)> ChainFields(ModuleModel model)
    {
        var names = new NamePool([]);
        var values = model.Outputs.Select(output => names.Take(CSharpNames.TupleField(output.Name))).ToArray();
        return [.. values.Select(value => (value, names.Take(CSharpNames.Bare(value) + "State")))];
    }

    public void Write()
    {
        _writer.InheritDocumentation();
        var inputs = Model.Inputs.Select(input => $"{Types.Tensor} {_names[input]}");
        _writer.Line($"public override {ResultType(Model, Types)} forward({string.Join(", ", inputs)})");
        if (Model.Declaration.Kind == ModuleKind.Block && Model.HasChainForward)
            WriteChained();
        else
            WritePlain();
    }

    private void WritePlain() => _writer.Block(() =>
    {
        _inputs.Write();
        BeginPass();
        foreach (var input in Model.Inputs.Where(_plan.Forward.Live.IsStateNeeded))
            _writer.Line($"{Types.ChannelState}? {_names.State(input)} = null;");
        _body.Write();
        foreach (var (output, value, axis, size, shape, text, place) in Model.OpenSizes)
            _writer.Line(place, $"{Types.Sizes}.RequireOutputSize({_names[value]}, {axis}, {_names.Values.Of(size)}, "
                + $"{CSharpText.Quote(Model.Name)}, {CSharpText.Quote(output + shape)}, {CSharpText.Quote(text)});");
        var outputs = Ended([.. Returned().Select(output => output.Code)]).Select(output => $"scope.MoveToOuter({output})").ToArray();
        _writer.Line(outputs.Length == 1 ? $"return {outputs[0]};" : $"return new {ResultRecord(Model)}({string.Join(", ", outputs)});");
    });

    private void WriteChained()
    {
        ChainedInput[] inputs =
            [.. Model.Inputs.Select((input, i) => new ChainedInput(_names[input], _names.State(input), Liveness.IsSharpened(Model, i)))];
        _writer.Block(() =>
        {
            _writer.Line($"using var scope = {Types.Torch}.NewDisposeScope();");
            foreach (var input in inputs.Where(input => input.IsReference))
                _writer.Line($"{Types.ChannelState}? {input.State} = null;");
            var arguments = inputs.Select(input => $"{input.Name}, {(input.IsReference ? $"ref {input.State}" : "null")}");
            var call = $"forward({string.Join(", ", arguments)})";
            if (Model.Outputs.Count == 1)
            {
                _writer.Line($"return scope.MoveToOuter({call}.output);");
                return;
            }
            _writer.Line($"var outputs = {call};");
            var fields = ChainFields(Model).Select(field => $"scope.MoveToOuter(outputs.{field.Value})");
            _writer.Line($"return new {ResultRecord(Model)}({string.Join(", ", fields)});");
        });
        _writer.Line();
        _writer.Document("summary", "The forward pass as part of a statistic chain: states come in and go out beside the values.");
        foreach (var input in inputs.Where(input => input.IsReference))
            _writer.Document("remarks", $"A norm observes '{CSharpNames.Bare(input.Name)}', so its state comes back as the posterior.");
        var parameters = inputs.Select(input =>
            $"{Types.Tensor} {input.Name}, {(input.IsReference ? "ref " : "")}{Types.ChannelState}? {input.State}");
        var results = Model.Outputs.Count == 1
            ? $"{Types.Tensor} output, {Types.ChannelState}? state"
            : string.Join(", ", ChainFields(Model).Select(field => $"{Types.Tensor} {field.Value}, {Types.ChannelState}? {field.State}"));
        (string Parameters, string Results) signature = (string.Join(", ", parameters), results);
        _writer.Line($"public ({signature.Results}) forward({signature.Parameters})");
        _writer.Block(() =>
        {
            _inputs.Write();
            BeginPass();
            _body.Write();
            foreach (var input in inputs.Where(input => input.IsReference))
                _writer.Line($"{input.State} = {input.State}?.MoveToOuter(scope);");
            var returned = Returned().ToArray();
            var states = returned.Select(output => _plan.Forward.Live.IsStateNeeded(output.Value)
                ? $"{_names.State(output.Value)}?.MoveToOuter(scope)"
                : "null");
            var outputs = Ended([.. returned.Select(output => output.Code)]).Zip(states, (output, state) =>
                $"scope.MoveToOuter({output}), {state}");
            _writer.Line($"return ({string.Join(", ", outputs)});");
        });
        _writer.Line();
        new ChainedCallWriter(Model, inputs, Types, _writer).Write(signature);
    }

    /// <summary>Opens the scope of the pass; that of a block may run again.</summary>
    private void BeginPass()
    {
        _writer.Line($"using var scope = {Types.Torch}.NewDisposeScope();");
        if (!_plan.RunsAgain)
            return;
        var inputs = string.Join(", ", Model.Inputs.Select(input => _names[input]));
        var again = string.Join(", ", Model.Inputs.Select((_, i) => $"again[{i}]"));
        _writer.Line($"using var pass = {_plan.RecomputeField}.Begin(this, [{inputs}], again => forward({again}));");
    }

    /// <summary>The outputs after the end of a pass that may run again.</summary>
    private IReadOnlyList<string> Ended(IReadOnlyList<string> outputs)
    {
        if (!_plan.RunsAgain)
            return outputs;
        if (outputs.Count == 1)
            return [$"pass.Finish({outputs[0]})"];
        _writer.Line($"var ends = pass.Finish([{string.Join(", ", outputs)}]);");
        return [.. outputs.Select((_, i) => $"ends[{i}]")];
    }

    /// <summary>The values that are given back; one whose handle is not the module's own gets another.</summary>
    private IEnumerable<(string Code, TensorValue Value)> Returned()
    {
        var seen = new HashSet<TensorValue>();
        foreach (var output in Model.Outputs)
        {
            var value = output.Value;
            yield return (!Model.Inputs.Contains(value) && seen.Add(value) ? _names[value] : $"{_names[value]}.alias()", value);
        }
    }
}
