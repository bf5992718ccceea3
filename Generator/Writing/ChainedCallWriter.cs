using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Language.Plan;

namespace KnDsl.Generator.Writing;

/// <summary>An input of a block in a statistic chain: its name, that of its state, and whether the state comes back.</summary>
internal readonly record struct ChainedInput(string Name, string State, bool IsReference);

/// <summary>Writes <c>call</c> of a block in a statistic chain: its forward pass with states, and its hooks around it.</summary>
internal sealed class ChainedCallWriter(ModuleModel model, IReadOnlyList<ChainedInput> inputs, TypeNames types, CodeWriter writer)
{
    private readonly NamePool _names = new(inputs.SelectMany(input => new[] { input.Name, input.State }).Append("forward"));

    /// <param name="signature">The parameters and the results, as those of the forward pass.</param>
    public void Write((string Parameters, string Results) signature)
    {
        writer.Document("summary",
            "Calls the block as part of a statistic chain: its forward pass, and its hooks around it. What they put in the",
            "place of an input or output has no state that is known.");
        writer.Line($"public ({signature.Results}) call({signature.Parameters})");
        writer.Block(() =>
        {
            writer.Line($"if (!{types.Hooks}.Any(this))");
            writer.Indented(() => writer.Line($"return forward({Arguments(input => input.Name, input => input.State)});"));
            WriteHooked();
        });
    }

    private void WriteHooked()
    {
        var hooked = inputs.ToDictionary(input => input, input => _names.Take($"hooked{CSharpNames.Pascal(input.Name)}"));
        var declared = inputs.Count == 1 ? $"var {hooked[inputs[0]]}" : $"var ({string.Join(", ", inputs.Select(input => hooked[input]))})";
        writer.Line($"{declared} = {types.Hooks}.Before(this, {string.Join(", ", inputs.Select(input => input.Name))});");

        var posteriors = inputs.Where(input => input.IsReference)
            .ToDictionary(input => input, input => _names.Take($"hooked{CSharpNames.Pascal(input.State)}"));
        foreach (var input in posteriors.Keys)
            writer.Line($"var {posteriors[input]} = {StateOf(input, input.State)};");
        var made = _names.Take("made");
        var arguments = Arguments(input => hooked[input], input =>
            posteriors.TryGetValue(input, out var posterior) ? posterior : StateOf(input, input.State));
        writer.Line($"var {made} = forward({arguments});");
        foreach (var input in posteriors.Keys)
            writer.Line($"{input.State} = {StateOf(input, posteriors[input], input.State)};");

        var result = _names.Take("result");
        var passed = string.Join(", ", inputs.Select(input => hooked[input]));
        if (model.Outputs.Count == 1)
        {
            writer.Line($"var {result} = {types.Hooks}.After(this, {passed}, {made}.output);");
            writer.Line($"return ({Owned(result)}, {types.Hooks}.StateOf({result}, {made}.output, {made}.state));");
            return;
        }
        var fields = ForwardWriter.OutputFields(model).Zip(ForwardWriter.ChainFields(model), (field, chain) =>
            (Name: field, chain.Value, chain.State)).ToArray();
        var values = string.Join(", ", fields.Select(field => $"{made}.{field.Value}"));
        writer.Line($"var {result} = {types.Hooks}.After(this, {passed}, new {ForwardWriter.ResultRecord(model)}({values}));");
        var outputs = new List<string>();
        foreach (var field in fields)
        {
            var output = _names.Take(field.Value);
            writer.Line($"var {output} = {Owned($"{result}.{field.Name}", outputs)};");
            outputs.Add(output);
        }
        var results = fields.Select((field, i) =>
            $"{outputs[i]}, {types.Hooks}.StateOf({result}.{field.Name}, {made}.{field.Value}, {made}.{field.State})");
        writer.Line($"return ({string.Join(", ", results)});");

        string StateOf(ChainedInput input, string state, string? otherwise = null) =>
            $"{types.Hooks}.StateOf({hooked[input]}, {input.Name}, {state}{(otherwise is null ? "" : $", otherwise: {otherwise}")})";
    }

    private string Owned(string value, params IEnumerable<string> outputs) =>
        OperationPrinter.Owned(types, value, inputs.Select(input => input.Name).Concat(outputs));

    private string Arguments(System.Func<ChainedInput, string> value, System.Func<ChainedInput, string> state) =>
        string.Join(", ", inputs.Select(input => $"{value(input)}, {(input.IsReference ? "ref " : "")}{state(input)}"));
}
