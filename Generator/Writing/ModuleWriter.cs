using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Generator.Planning;
using KnDsl.Language.Checking;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;

namespace KnDsl.Generator.Writing;

/// <summary>Writes one class: documentation, members, constructor, forward pass, facts.</summary>
internal static class ModuleWriter
{
    public static void Write(CodeWriter writer, CheckedModule module, ClassPlans plans)
    {
        var plan = plans[module.Generic];
        var result = ForwardWriter.ResultType(module.Generic);
        var uses = MemberUse.Of(module);

        WriteDocumentation(writer, module);
        var inputs = string.Concat(Enumerable.Repeat("Tensor, ", module.Generic.Inputs.Count));
        writer.Line($"public sealed partial class {CSharpNames.Identifier(module.Generic.Name)} : nn.Module<{inputs}{result}>");
        writer.Block(() =>
        {
            WriteFields(writer, plan);
            new ConstructorWriter(plan, writer).Write();
            MemberWriter.WriteProperties(writer, plan.Layout.Root, uses, false);
            foreach (var size in plan.Sizes.OfOutputs)
            {
                writer.Line();
                writer.Line("/// <summary>A size of the output, as the constructor's arguments make it.</summary>");
                writer.Line($"public int {CSharpNames.Pascal(size.Name)} {{ get; }}");
            }
            if (module.AtDefaults is { } atDefaults)
                WriteFacts(writer, atDefaults);
            writer.Line();
            new ForwardWriter(plan, writer).Write();
            if (plan.Model.Declaration.Kind == ModuleKind.Network || !plan.Folds.IsEmpty)
            {
                writer.Line();
                new FoldWriter(plan, writer).Write();
            }
            MemberWriter.WriteGroups(writer, plan.Layout.Root, uses);
        });
        if (module.Generic.Outputs.Count > 1)
        {
            writer.Line();
            writer.Line($"/// <summary>What <see cref=\"{CSharpNames.Identifier(module.Generic.Name)}\"/> returns.</summary>");
            foreach (var output in module.Generic.Outputs)
                writer.Line($"/// <param name=\"{output.Name}\">{Xml(ShapeOf(module, output))}</param>");
            writer.Line(
                $"public sealed record "
                    + $"{result}({string.Join(", ", ForwardWriter.OutputFields(module.Generic).Select(field => $"Tensor {field}"))});");
        }
    }

    /// <summary>What the constructor keeps for the forward pass.</summary>
    private static void WriteFields(CodeWriter writer, ClassPlan plan)
    {
        foreach (
            var parameter in plan.Model.Declaration.Parameters.Where(parameter => plan.Forward.Parameters.ContainsKey(parameter.Name.Text))
                     .OrderBy(parameter => parameter.Name.Text, System.StringComparer.Ordinal))
            writer.Line($"private readonly {ConstructorWriter.TypeOf(parameter)} {plan.Forward.Parameters[parameter.Name.Text]};");
        foreach (var size in plan.Inputs.Fields.Values)
            writer.Line($"private readonly int {size};");
        foreach (var (item, field) in plan.Forward.ConditionFields)
            writer.Line($"private readonly bool {field}; // {item.Place.OneLine()}");
        if (plan.Forward.Parameters.Count + plan.Inputs.Fields.Count + plan.Forward.ConditionFields.Count > 0)
            writer.Line();
    }

    private static string ShapeOf(CheckedModule module, ModuleOutput output) =>
        (module.AtDefaults?.Outputs.FirstOrDefault(other => other.Name == output.Name) ?? output).Value.Shape.ToString();

    private static void WriteDocumentation(CodeWriter writer, CheckedModule module)
    {
        var declaration = module.Declaration;
        var shown = module.AtDefaults ?? module.Generic;
        writer.Line("/// <summary>");
        foreach (
            var line in (declaration.Documentation
                ?? $"The {(declaration.Kind == ModuleKind.Network ? "network" : "block")} {declaration.Name.Text}.").Split('\n'))
            writer.Line($"/// {Xml(line)}".TrimEnd());
        writer.Line("/// </summary>");
        writer.Line("/// <remarks>");
        var shapes = string.Join(", ", shown.Inputs.Select(input => $"{input.Name}{input.Shape}"));
        var results = string.Join(", ",
            shown.Outputs.Select(output => $"{(output.Name == "output" ? "" : output.Name)}{output.Value.Shape}"));
        writer.Line($"/// {Xml($"{shapes} -> {results}")}{(module.AtDefaults is null ? "" : ", at the default arguments")}.");
        writer.Line("/// </remarks>");
    }

    private static void WriteFacts(CodeWriter writer, ModuleModel model)
    {
        var layers = LayerTable.Of(model).ToArray();
        writer.Line();
        writer.Line("/// <summary>Names and sizes of the inputs, at the default arguments.</summary>");
        writer.Line(
            $"public static IReadOnlyList<string> InputShapes {{ get; }} = "
                + $"[{string.Join(", ", model.Inputs.Select(input => CSharpPrinter.Quote(input.Name + input.Shape)))}];");
        writer.Line();
        writer.Line("/// <summary>Names and sizes of the outputs, at the default arguments.</summary>");
        writer.Line(
            $"public static IReadOnlyList<string> OutputShapes {{ get; }} = "
                + $"[{string.Join(", ", model.Outputs.Select(output => CSharpPrinter.Quote(output.Name + output.Value.Shape)))}];");
        writer.Line();
        writer.Line(
            "/// <summary>Every stage in order, at the default arguments: name, operation, output, parameters, multiply-accumulates a "
                + "sample, prior.</summary>");
        writer.Line("public static IReadOnlyList<LayerInfo> Layers { get; } =");
        writer.Line("[");
        writer.Indented(() =>
        {
            foreach (var row in layers)
                writer.Line(
                    $"new({CSharpPrinter.Quote(row.Name)}, {CSharpPrinter.Quote(row.Operation)}, {CSharpPrinter.Quote(row.Output)}, "
                    + $"{CSharpPrinter.Quote(row.Parameters.ToString())}, {CSharpPrinter.Quote(row.Macs.ToString())}, "
                    + $"{CSharpPrinter.Quote(row.Prior)}),");
        });
        writer.Line("];");
        writer.Line();
        writer.Line(
            "/// <summary>A readable table of the layers, one line each: output, parameters, multiply-accumulates, and what feeds each "
                + "norm.</summary>");
        var totals = LayerTable.Total(layers) is var (parameters, macs)
            ? $"{CSharpPrinter.Quote(parameters.ToString())}, {CSharpPrinter.Quote(macs.ToString())}"
            : "null, null";
        writer.Line($"public static string Summary() => LayerInfo.Table({CSharpPrinter.Quote(Signature(model))}, Layers, {totals});");
    }

    private static string Signature(ModuleModel model) =>
        $"{model.Name}: {string.Join(", ", model.Inputs.Select(input => input.Name + input.Shape))} -> "
        + string.Join(", ", model.Outputs.Select(output => output.Name + output.Value.Shape));

    public static string Xml(string text) => text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");
}
