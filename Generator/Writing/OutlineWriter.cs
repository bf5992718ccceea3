using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Language.Checking;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;

namespace KnDsl.Generator.Writing;

/// <summary>
/// Writes what C# code may name of a class of which no code can be made, from the syntax alone: so that the mistake in the .knnet
/// file is the only error, and code that uses the class does not lose its meaning while the file is edited. Nothing of it can run, since
/// the build has failed.
/// </summary>
/// <param name="types">The names of what the code takes from elsewhere.</param>
internal sealed class OutlineWriter(CodeWriter writer, TypeNames types)
{
    /// <summary>Whether a class can be made of a declaration's header.</summary>
    public static bool CanWrite(ModuleDeclaration declaration) =>
        !declaration.IsBroken && !Declarations.HasWrongParameters(declaration) && InputsOf(declaration).Count <= ClassNames.MostInputs
        && !ClassNames.IsRefused(declaration.Name.Text);

    public void Write(ModuleDeclaration declaration, SourceText source)
    {
        var (name, record) = (CSharpNames.Class(declaration.Name.Text), ForwardWriter.ResultRecord(declaration.Name.Text));
        var inputs = InputsOf(declaration);
        var fields = ForwardWriter.OutputFields(record, OutputsOf(declaration));
        var result = fields.Count == 1 ? types.Tensor : record;
        var fault = $"throw new {types.InvalidOperationException}("
            + $"{CSharpText.Quote($"{System.IO.Path.GetFileName(source.Path)} has mistakes, which the build lists.")});";
        writer.Document("summary", $"What could be read of {declaration.Name.Text}, of whose declaration something is wrong.");
        writer.Line($"public sealed partial class {name} : {types.Nn}.Module<"
            + $"{string.Concat(Enumerable.Repeat($"{types.Tensor}, ", inputs.Count))}{result}>");
        writer.Block(() =>
        {
            writer.Line($"public {name}({string.Join(", ", Parameters(declaration))})");
            writer.Line($"    : base({CSharpText.Quote(declaration.Name.Text)}) => {fault}");
            writer.Line();
            var names = new NamePool([]);
            var taken = inputs.Select(input => $"{types.Tensor} {names.Take(CSharpNames.Number(input))}");
            writer.Line($"public override {result} forward({string.Join(", ", taken)}) => {fault}");
            writer.Line();
            writer.Line($"public void fold() => {fault}");
            if (declaration.Kind != ModuleKind.Network)
                return;
            writer.Line();
            writer.Line($"public static {types.ReadOnlyListOf("string")} InputShapes => {fault}");
            writer.Line();
            writer.Line($"public static {types.ReadOnlyListOf("string")} OutputShapes => {fault}");
            writer.Line();
            writer.Line($"public static {types.ReadOnlyListOf(types.Runtime("LayerInfo"))} Layers => {fault}");
            writer.Line();
            writer.Line($"public static string Summary() => {fault}");
        });
        if (fields.Count == 1)
            return;
        writer.Line();
        writer.Line($"public sealed record {record}({string.Join(", ", fields.Select(field => $"{types.Tensor} {field}"))});");
    }

    /// <summary>The constructor's parameters: those of the file, and whatever a class may have besides.</summary>
    private IEnumerable<string> Parameters(ModuleDeclaration declaration) =>
    [
        .. declaration.Parameters.Where(parameter => parameter.Default is null)
            .Select(parameter => $"{ConstructorWriter.TypeOf(parameter, types)} {CSharpNames.Identifier(parameter.Name.Text)}"),
        .. declaration.Parameters.Where(parameter => parameter.Default is not null)
            .Select(parameter => $"{ConstructorWriter.TypeOf(parameter, types)}{(ConstructorWriter.IsConstant(parameter) ? "" : "?")} "
                + $"{CSharpNames.Identifier(parameter.Name.Text)} = default"),
        $"{types.NormPolicy}? norm = null",
        $"{types.Device}? device = null",
        $"{types.ScalarType}? dtype = null",
        $"{types.Recompute} recompute = default",
    ];

    /// <summary>The names of its inputs; one where none could be read.</summary>
    private static IReadOnlyList<string> InputsOf(ModuleDeclaration declaration)
    {
        string[] names =
        [
            .. declaration.Inputs.Select(input => input.Text),
            .. declaration.Body.OfType<InputStatement>().SelectMany(statement => statement.Values).Select(value => value.Name.Text),
        ];
        return names.Length == 0 ? ["input"] : names;
    }

    /// <summary>The names of its outputs; one where none could be read.</summary>
    private static IReadOnlyList<string> OutputsOf(ModuleDeclaration declaration)
    {
        string[] names =
        [
            .. declaration.Body.OfType<OutputStatement>().SelectMany(statement => statement.Values).Select(value => value.Name.Text),
            .. declaration.Body.OfType<ReturnStatement>().Take(1).SelectMany(statement => statement.Values)
                .Select((value, i) => value is NameExpression name ? name.Name : $"output{i + 1}"),
        ];
        return names.Length == 0 ? ["output"] : names;
    }
}
