using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Parsing;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;

namespace KnDsl.Generator.Writing;

/// <summary>
/// Writes what C# code may name of a class of which no code can be made (see <see cref="DeclarationOutline"/>): so that the mistake in the
/// .knnet file is the only error, and code that uses the class does not lose its meaning while the file is edited. Nothing of it can run,
/// since the build has failed.
/// </summary>
/// <param name="writer">Takes the code.</param>
/// <param name="types">The names of what the code takes from elsewhere.</param>
/// <param name="source">The file.</param>
internal sealed class OutlineWriter(CodeWriter writer, TypeNames types, SourceText source)
{
    /// <summary>Whether a class can have the name of a declaration.</summary>
    public static bool CanWrite(ModuleDeclaration declaration) => !ClassNames.IsRefused(declaration.Name.Text);

    private IReadOnlyList<Token>? _tokens;

    public void Write(ModuleDeclaration declaration)
    {
        _tokens ??= NestedDeclarations.MoveOut(Lexer.Tokenize(source, new DiagnosticBag())).Tokens;
        var outline = DeclarationOutline.Of(declaration, _tokens);
        var (name, record) = (CSharpNames.Class(declaration.Name.Text), ForwardWriter.ResultRecord(declaration.Name.Text));
        var inputs = outline.Inputs.Take(ClassNames.MostInputs).ToArray();
        var fields = ForwardWriter.OutputFields(record, outline.Outputs);
        var result = fields.Count == 1 ? types.Tensor : record;
        var fault = $"throw new {types.InvalidOperationException}("
            + $"{CSharpText.Quote($"{System.IO.Path.GetFileName(source.Path)} has mistakes, which the build lists.")});";
        writer.Document("summary", $"What could be read of {declaration.Name.Text}: its declaration, or one that it uses, has a mistake.");
        writer.Line($"public sealed partial class {name} : {types.Nn}.Module<"
            + $"{string.Concat(Enumerable.Repeat($"{types.Tensor}, ", inputs.Length))}{result}>");
        writer.Block(() =>
        {
            writer.Line($"public {name}({string.Join(", ", Parameters(outline))})");
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

    /// <summary>
    /// The constructor's parameters: sizes of inputs and parameters of the file, and whatever a class may have besides. All may be left
    /// out, and one whose type is not known takes anything.
    /// </summary>
    private IEnumerable<string> Parameters(DeclarationOutline outline)
    {
        var names = new HashSet<string>(ReservedNames.All);
        foreach (var parameter in outline.Sizes.Select(size => new OutlinedParameter(Casing.Joined(size), "int", null))
            .Concat(outline.Parameters))
        {
            var name = CSharpNames.Identifier(parameter.Name);
            if (!names.Add(name))
                continue;
            var type = parameter.Type is { } known ? ConstructorWriter.TypeOf(known, types) : "object";
            yield return parameter.Type switch
            {
                "int" => $"{type} {name} = {Literal(parameter.Default, TokenKind.Integer)}",
                "float" => $"{type} {name} = {Literal(parameter.Default, TokenKind.Integer, TokenKind.Float)}",
                "bool" => $"{type} {name} = {(parameter.Default is { Text: "true" } ? "true" : "default")}",
                _ => $"{type}? {name} = null",
            };
        }
        yield return $"{types.NormPolicy}? norm = null";
        yield return $"{types.Device}? device = null";
        yield return $"{types.ScalarType}? dtype = null";
        yield return $"{types.Recompute} recompute = default";
    }

    private static string Literal(Token? value, params TokenKind[] kinds) => value is not null && kinds.Contains(value.Kind)
        && (value.Is(TokenKind.Float)
            ? double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && !double.IsInfinity(number)
            : int.TryParse(value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            ? value.Text
            : "default";
}
