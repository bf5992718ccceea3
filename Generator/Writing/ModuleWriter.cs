using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Generator.Planning;
using KnDsl.Language.Checking;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Writing;

/// <summary>Writes one class: documentation, members, constructor, forward pass, facts.</summary>
internal static class ModuleWriter
{
    public static void Write(CodeWriter writer, CheckedModule module, ClassPlans plans)
    {
        var plan = plans[module.Generic];
        var types = plans.Types;
        var result = ForwardWriter.ResultType(module.Generic, types);
        var uses = MemberUse.Of(module);

        WriteDocumentation(writer, module);
        var inputs = string.Concat(Enumerable.Repeat($"{types.Tensor}, ", module.Generic.Inputs.Count));
        writer.Line($"public sealed partial class {CSharpNames.Class(module.Generic.Name)} : {types.Nn}.Module<{inputs}{result}>");
        writer.Block(() =>
        {
            WriteFields(writer, plan);
            new ConstructorWriter(plan, writer).Write();
            MemberWriter.WriteProperties(writer, plan.Layout.Root, uses, types, false);
            foreach (var (_, property) in plan.OutputSizes)
            {
                writer.Line();
                writer.Document("summary", "A size of the output, as the constructor's arguments make it.");
                writer.Line($"public int {property} {{ get; }}");
            }
            if (module.AtDefaults is { } atDefaults)
                WriteFacts(writer, atDefaults, types);
            writer.Line();
            new ForwardWriter(plan, writer).Write();
            if (plan.Model.Declaration.Kind == ModuleKind.Network || !plan.Folds.IsEmpty)
            {
                writer.Line();
                new FoldWriter(plan, writer).Write();
            }
            MemberWriter.WriteGroups(writer, plan.Layout.Root, uses, types);
        });
        if (module.Generic.Outputs.Count > 1)
        {
            writer.Line();
            writer.Document("summary", $"What '{module.Generic.Name}' returns.");
            var fields = ForwardWriter.OutputFields(module.Generic);
            foreach (var (output, field) in module.Generic.Outputs.Zip(fields, (output, field) => (output, field)))
                writer.DocumentParameter(CSharpNames.Bare(field), ShapeOf(module, output));
            writer.Line($"public sealed record {result}({string.Join(", ", fields.Select(field => $"{types.Tensor} {field}"))});");
        }
    }

    /// <summary>What the constructor keeps for the forward pass.</summary>
    private static void WriteFields(CodeWriter writer, ClassPlan plan)
    {
        foreach (
            var parameter in plan.Model.Declaration.Parameters.Where(parameter => plan.Forward.Parameters.ContainsKey(parameter.Name.Text))
                     .OrderBy(parameter => parameter.Name.Text, System.StringComparer.Ordinal))
        {
            var type = ConstructorWriter.TypeOf(parameter, plan.Plans.Types);
            writer.Line($"private readonly {type} {plan.Forward.Parameters[parameter.Name.Text]};");
        }
        foreach (var size in plan.Inputs.Fields.Values)
            writer.Line($"private readonly int {size};");
        foreach (var (item, field) in plan.Forward.ConditionFields)
            writer.Line($"private readonly bool {field};", item.Place.OneLine());
        if (plan.RecomputeField is { } recompute)
            writer.Line($"private readonly {plan.Plans.Types.Recompute} {recompute};");
        if (plan.Forward.Parameters.Count + plan.Inputs.Fields.Count + plan.Forward.ConditionFields.Count > 0
            || plan.RecomputeField is not null)
            writer.Line();
    }

    private static string ShapeOf(CheckedModule module, ModuleOutput output) =>
        Readable((module.AtDefaults?.Outputs.FirstOrDefault(other => other.Name == output.Name) ?? output).Value.Shape);

    /// <summary>A shape of which formulas that nobody reads are left out.</summary>
    private static string Readable(Shape shape)
    {
        const int longest = 40;
        return $"[{string.Join(", ", shape.Sizes.Select(size => $"{size}").Select(size => size.Length > longest ? "..." : size))}]";
    }

    private static void WriteDocumentation(CodeWriter writer, CheckedModule module)
    {
        var declaration = module.Declaration;
        var shown = module.AtDefaults ?? module.Generic;
        writer.Document("summary", (declaration.Documentation
            ?? $"The {(declaration.Kind == ModuleKind.Network ? "network" : "block")} {declaration.Name.Text}.").Split('\n'));
        var shapes = string.Join(", ", shown.Inputs.Select(input => $"{input.Name}{Readable(input.Shape)}"));
        var results = string.Join(", ",
            shown.Outputs.Select(output => $"{(output.Name == "output" ? "" : output.Name)}{Readable(output.Value.Shape)}"));
        writer.Document("remarks", $"{shapes} -> {results}{(module.AtDefaults is null ? "" : ", at the default arguments")}.");
    }

    private static void WriteFacts(CodeWriter writer, ModuleModel model, TypeNames types)
    {
        var layers = LayerTable.Of(model).ToArray();
        writer.Line();
        writer.Document("summary", "Names and sizes of the inputs, at the default arguments.");
        writer.Line(
            $"public static {types.ReadOnlyListOf("string")} InputShapes {{ get; }} = "
                + $"[{string.Join(", ", model.Inputs.Select(input => CSharpText.Quote(input.Name + input.Shape)))}];");
        writer.Line();
        writer.Document("summary", "Names and sizes of the outputs, at the default arguments.");
        writer.Line(
            $"public static {types.ReadOnlyListOf("string")} OutputShapes {{ get; }} = "
                + $"[{string.Join(", ", model.Outputs.Select(output => CSharpText.Quote(output.Name + output.Value.Shape)))}];");
        writer.Line();
        writer.Document("summary",
            "Every stage in order, at the default arguments: name, operation, output, parameters, multiply-accumulates a sample, prior.");
        writer.Line($"public static {types.ReadOnlyListOf(types.Runtime("LayerInfo"))} Layers {{ get; }} =");
        writer.Line("[");
        writer.Indented(() =>
        {
            foreach (var row in layers)
                writer.Line(
                    $"new(\"{CSharpText.Escape(row.Name)}\", \"{CSharpText.Escape(row.Operation)}\", \"{CSharpText.Escape(row.Output)}\", "
                    + $"\"{Count(row.Parameters)}\", \"{Count(row.Macs)}\", \"{CSharpText.Escape(row.Prior)}\"),");
        });
        writer.Line("];");
        writer.Line();
        writer.Document("summary",
            "A readable table of the layers, one line each: output, parameters, multiply-accumulates, and what feeds each norm.");
        var totals = LayerTable.Total(layers) is var (parameters, macs)
            ? $"{CSharpText.Quote(parameters.ToString())}, {CSharpText.Quote(macs.ToString())}"
            : "null, null";
        var table = $"{types.Runtime("LayerInfo")}.Table({CSharpText.Quote(Signature(model))}, Layers, {totals})";
        writer.Line($"public static string Summary() => {table};");
    }

    private static string Count(Size? size) => CSharpText.Escape(size?.ToString() ?? "too large");

    private static string Signature(ModuleModel model) =>
        $"{model.Name}: {string.Join(", ", model.Inputs.Select(input => input.Name + input.Shape))} -> "
        + string.Join(", ", model.Outputs.Select(output => output.Name + output.Value.Shape));
}
