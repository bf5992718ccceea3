using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using KnDsl.Language.Checking;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations;
using KnDsl.Language.Parsing;
using KnDsl.Language.Text;

namespace KnDsl.Generator.Tests;

/// <summary>
/// Makes another network from a real one, in steps that often leave it right: what passes the checks is what code is
/// written for. The same for the same seed.
/// </summary>
internal sealed class Variation
{
    private readonly Random _random;
    private readonly IReadOnlyList<string> _files;
    private string _text;

    private Variation(int seed, IReadOnlyList<string> files, IReadOnlyList<string> others)
    {
        (_random, _files) = (new Random(seed), others);
        _text = Pick(files);
    }

    /// <summary>A network, the path that the compiler is told, and C# code that the project has beside it.</summary>
    /// <param name="seed">Chooses the changes.</param>
    /// <param name="files">Networks without an error, one of which is changed.</param>
    /// <param name="others">Files that parts are taken from.</param>
    public static (string Path, string Text, string Code) Make(int seed, IReadOnlyList<string> files, IReadOnlyList<string> others)
    {
        var variation = new Variation(seed, files, others);
        for (var changes = variation._random.Next(1, 12); changes > 0; changes--)
        {
            variation._renamed.Clear();
            var changed = variation.Change();
            if (IsRight(changed) || variation._random.Next(60) == 0)
                variation._text = changed;
        }
        return (variation._random.Next(8) == 0 ? variation.Pick(Paths) : "net.knnet", variation._text, variation.Code());
    }

    /// <summary>Classes of the project that have the names of what generated code uses.</summary>
    private string Code()
    {
        if (_random.Next(3) > 0)
            return "";
        var space = Regex.Match(_text, @"^namespace (\w+(\.\w+)*)", RegexOptions.Multiline) is { Success: true } found
            ? string.Join(".", found.Groups[1].Value.Split('.').Select(part => "@" + part)) : "Project";
        // A class of the project in the runtime's own namespace takes a runtime's place: the project's own mistake too.
        if (space.Split('.')[0] == "@KnDsl")
            return "";
        var aliases = new StringBuilder("#pragma warning disable\n");
        var code = new StringBuilder();
        // A class that the file makes too is the project's own mistake.
        foreach (var name in Enumerable.Range(0, _random.Next(1, 5)).Select(_ => Pick(Outside)).Distinct()
            .Where(name => !Regex.IsMatch(_text, $@"(network|block)\s+{name}\b")))
        {
            switch (_random.Next(8))
            {
                case 0 when name is not ("System" or "TorchSharp" or "KnDsl"):
                    aliases.Append($"global using {name} = System.DateTime;\n");
                    break;
                case 1:
                    code.Append($"namespace {space}.{name} {{ public class Inner; }}\n");
                    break;
                case 2 when space.IndexOf('.') is > 0 and var end:
                    code.Append($"namespace {space[..end]} {{ public class {name}; }}\n");
                    break;
                case 3 when name is not ("System" or "TorchSharp" or "KnDsl"):
                    code.Append($"public class {name};\n");
                    break;
                case 4:
                    code.Append($"namespace {space} {{ public class {name}<T>; }}\n");
                    break;
                case 5:
                    aliases.Append($"global using Other{name};\n");
                    code.Append($"namespace Other{name} {{ public class {name}; public class {name}<T>; }}\n");
                    break;
                default:
                    code.Append($"namespace {space} {{ public class {name}; }}\n");
                    break;
            }
        }
        return $"{aliases}{code}";
    }

    /// <summary>Names of what generated code takes from elsewhere.</summary>
    private static readonly string[] Outside =
    [
        "Tensor", "Device", "ScalarType", "Module", "Linear", "Conv2d", "ModuleList", "Parameter", "torch", "nn", "TorchSharp", "KnDsl",
        "System", "Sizes", "Operations", "Folding", "LayerInfo", "NormPolicy", "NormLayer", "Gain", "Transition", "ChannelState",
        "ReluRule", "SumRule", "NativeConvolutions", "IReadOnlyList", "List", "Padding", "PaddingModes", "InterpolationMode",
        "ComponentName", "ComponentNameAttribute", "InvalidOperationException", "TorchSharpTensor", "KnDslSizes", "Modules", "Utils",
    ];

    /// <summary>Whether the checks find no error: further changes begin from such a network.</summary>
    public static bool IsRight(string text) =>
        CheckedFile.Check(new SourceText("net.knnet", text)) is { Modules.Count: > 0 } file
        && file.Diagnostics.All(finding => finding.Severity != Severity.Error);

    /// <summary>Names that mean something in C#, in TorchSharp, or in what KnDsl's classes are made of.</summary>
    private static readonly string[] Names =
    [
        "class", "int", "namespace", "this", "base", "string", "null", "default", "var", "record", "await", "async", "field", "value",
        "dynamic", "nameof", "file", "required", "partial", "where", "yield", "nint", "_", "__", "___", "arglist", "__arglist",
        "Tensor", "Device", "ScalarType", "Module", "Linear", "Conv2d", "ModuleList", "Sequential", "Parameter", "torch", "nn",
        "TorchSharp", "Modules", "Utils", "KnDsl", "System", "Math", "Sizes", "Operations", "Folding", "LayerInfo", "NormPolicy",
        "NormLayer", "Gain", "Transition", "ChannelState", "ReluRule", "NativeConvolutions", "IReadOnlyList", "List", "Padding",
        "PaddingModes", "InterpolationMode", "ComponentName", "Attribute", "Object", "Type", "Int32", "InvalidOperationException",
        "forward", "call", "Dispose", "train", "eval", "training", "name", "parameters", "modules", "state_dict", "load", "save", "to",
        "fold", "GetType", "ToString", "Equals", "Finalize", "Summary", "Layers", "InputShapes", "OutputShapes", "RegisterComponents",
        "NewDisposeScope", "scope", "outputs", "output", "state", "device", "dtype", "norm", "block", "i", "_i", "t1", "x_2", "xState",
        "xPrior", "_condition1", "current", "currentX", "Deconstruct", "EqualityContract", "PrintMembers", "Item1", "Count", "shape",
        "matmul", "functional", "place", "learned", "append", "handle", "boxedModule", "get_x", "set_x", "Net", "NetOutput",
        "xGroup", "xSequence", "слой", "été", "变量", "a\u0301b", "ªº", "ſ", "x\u200Dy",
        "pass", "ends", "again", "numbers", "recompute", "HType", "HookRemover", "Nn", "Torch",
        "xChannels", "XChannels", "xHeight", "thisChannels", "currentConv", "_x_2", "t2", "t1State", "features", "conv", "conv2d", "items",
        "conv1", "x", "y", "N", "h", "w", "C", "channels", "policy", "relu", "import", "network", "return", "extern", "module",
    ];

    /// <summary>Texts of labels.</summary>
    private static readonly string[] Labels =
    [
        "a b", "1", "0", "a-b", "é", "</summary>", "&amp;", "\\", "\\u0022", "{", "}", "{i}", "*/", "//", "a.b", "\t", "\u2028", "\u0085",
        "\uD83D\uDE00", "\uFFFE", "\u0001", "'", "%", "\\n", "@class", "class", "#if", "$", "{{", "long name of a layer", "a\u00A0b", "-1",
    ];

    private static readonly string[] Paths =
    [
        "a\"b.knnet", "a\\b.knnet", "a\u2028b.knnet", "a b.knnet", "a\nb.knnet", "a\u0085b.knnet", "é.knnet", "a&b<c>.knnet", "a'b.knnet",
        "*/.knnet", "a\rb.knnet", "a\tb.knnet", "#line.knnet", "/x/\"quoted\"/net.knnet", "C:\\x\\u0022.knnet", "\uD83D\uDE00.knnet",
        "{0}.knnet",
    ];

    private static readonly string[] Numbers =
        ["0", "1", "2", "3", "4", "5", "7", "8", "16", "-1", "-2", "100000", "2147483647", "-2147483648", "2147483648", "99999999999",
            "0.5", "0.0", "-0.5", "1.0", "1e-30", "1e30", "1e308", "1e-320"];

    private static readonly string[] Conditions =
        ["true", "false", "1 == 1", "x.channels > 3", "deep", "n == 0", "n > 1 or n < -1", "not true", "1 < 0 and true", "x.height > 3"];

    private static readonly string[] Comments =
    [
        "// comment\n", "// \"quoted\n", "// */ /* \n", "// </summary>\n", "\n", "\n\n", "\r\n", "\t", "\v", "\f", "\u00A0", "\u2028",
        "\u0085", "// {x} \\ \n", "/// doc & <b>\n", "   ", "// #if\n",
    ];

    private static readonly string[] Documentations =
        ["/// </summary>", "/// & < > \" '", "/// <para>", "/// \u0001 \uFFFE \uD83D", "/// */ // #if", "///", "////",
            "/// \u2028 new line", "/// <see cref=\"Nothing\"/>", "/// \t]]>", "/// \U0001F600"];

    private static readonly string[] Stages =
        [.. OperationCatalogue.All.Where(operation => !operation.IsOperator).Select(operation => StageOf(operation.Example))];

    private static readonly string[] Operations =
        [.. OperationCatalogue.All.Where(operation => !operation.IsOperator).Select(operation => operation.Name)];

    private static readonly string[] Arguments =
        [.. OperationCatalogue.All.SelectMany(operation => operation.Parameters).Select(parameter => parameter.Name).Distinct()];

    private static string StageOf(string example) =>
        example.LastIndexOf("->", StringComparison.Ordinal) is >= 0 and var at ? example[(at + 2)..].Trim() : example.Trim();

    private T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];

    private IReadOnlyList<Token> Tokens(string? text = null) => Lexer.Tokenize(new SourceText("", text ?? _text), new DiagnosticBag());

    private string Change()
    {
        var tokens = Tokens();
        var names = tokens.Where(token => token.Is(TokenKind.Identifier)).ToArray();
        var numbers = tokens.Where(token => token.Kind is TokenKind.Integer or TokenKind.Float).ToArray();
        var lines = _text.Split('\n');
        var line = _random.Next(lines.Length);
        if (names.Length == 0)
            return Pick(_files);
        var name = Pick(names);
        switch (_random.Next(26))
        {
            case 0:
                return Replace(name.Span, Pick(names).Text);
            case 1 or 2 or 3:
                return Regex.Replace(_text, $@"(?<![\w""]){Regex.Escape(name.Text)}(?!\w)", _ => NewNameOf(name, names));
            case 4:
                return string.Join("\n", lines.Where((_, i) => i != line));
            case 5:
                return string.Join("\n", lines.Take(line).Append(Pick(lines)).Concat(lines.Skip(line)));
            case 6 when Statements(lines) is { Length: > 1 } rows:
                var (one, two) = (Pick(rows), Pick(rows));
                (lines[one], lines[two]) = (lines[two], lines[one]);
                return string.Join("\n", lines);
            case 7 or 8 when numbers.Length > 0:
                return Replace(Pick(numbers).Span, Pick(Numbers));
            case 9 when numbers.Length > 0:
                return Replace(Pick(numbers).Span, Pick(names).Text);
            case 10 when tokens.Zip(tokens.Skip(1)).Where(pair => pair.Second.Is(TokenKind.Colon) && !pair.First.FirstOnLine)
                .Select(pair => pair.First).ToArray() is { Length: > 0 } named:
                return Replace(Pick(named).Span, Pick(Arguments));
            case 11 when names.Where(token => Operations.Contains(token.Text)).ToArray() is { Length: > 0 } operations:
                return Replace(Pick(operations).Span, Pick(Operations));
            case 12 or 13 when After(tokens, TokenKind.Arrow) is { } stage:
                return _text.Insert(stage, $" {Label()}{Pick(Stages)} -> ");
            case 14 when After(tokens, TokenKind.Arrow) is { } labelled:
                return _text.Insert(labelled, $" {Label()}");
            case 15 when After(tokens, TokenKind.Arrow) is { } sequence:
                return _text.Insert(sequence, $" {Label()}[ {Pick(Stages)}{Times()}, {Label()}{Pick(Stages)} if {Condition(names)} ] -> ");
            case 16 when Statements(lines) is { Length: > 0 } rows:
                var statement = Pick(rows);
                var variable = lines[statement].Split('=')[0].Trim();
                lines[statement] = _random.Next(4) switch
                {
                    0 => $"if {Condition(names)} {{\n{lines[statement]}\n}}",
                    1 => $"if {Condition(names)} {{\n{lines[statement]}\n}} else {{\n {variable} = {Pick(names).Text}\n}}",
                    2 => $"for {Pick(Names)} in {Pick(Numbers)}..{Pick(Numbers)} {{\n{lines[statement]}\n}}",
                    _ => $"for i in 0..{(numbers.Length > 0 ? Pick(numbers).Text : "2")} {{\n{lines[statement]}\n}}",
                };
                return string.Join("\n", lines);
            case 17 or 18:
                return _text.Insert(Pick(tokens.Where(token => !token.Is(TokenKind.Identifier)).ToArray()).Span.End, Pick(Comments));
            case 19:
                return string.Join("\n", lines.Take(line).Append(Pick(Documentations)).Concat(lines.Skip(line)));
            case 20 when Pick(_files) is var other && other.IndexOf("\nblock ", StringComparison.Ordinal) is > 0 and var start:
                return _text + other[start..];
            case 21 when names.Where(token => char.IsUpper(token.Text[0])).ToArray() is { Length: > 0 } classes
                && After(tokens, TokenKind.Arrow) is { } use:
                return _text.Insert(use, $" {Label()}{Pick(classes).Text}{(_random.Next(2) == 0 ? "" : $"({Pick(Numbers)})")} -> ");
            case 22 when Regex.Match(_text, @"\)\s*\{") is { Success: true, Index: var end }:
                var (parameter, value) = Pick<(string, string)>([("int", "3"), ("float", "0.5"), ("bool", "true"), ("int[]", "[\n 1,\n 2]"),
                    ("int[]", "[0]"), ("float[]", "[1, 0.5]"), ("norm", "group(\n 2)"),
                    ("norm", "kalman(gain: (mean: 1, variance: 0.1))")]);
                return _text.Insert(end, $"{(_text[end - 1] == '(' ? "" : ", ")}{Pick(Names)}: {parameter} = {value}");
            case 23 when Statements(lines) is { Length: > 0 } rows:
                var after = Pick(rows);
                lines[after] += $"\n    {Pick(Names)} = {Pick(names).Text} -> {Label()}{Pick(Stages)}";
                return string.Join("\n", lines);
            case 24 when Statements(lines) is { Length: > 0 } rows:
                var before = Pick(rows);
                lines[before] = $"    module {Pick(Names)} = {Label()}{Pick(Stages)}\n" + lines[before];
                return string.Join("\n", lines);
            case 25:
                return _text.StartsWith("namespace", StringComparison.Ordinal) ? _text : $"namespace {Pick(Names)}.{Pick(Names)}\n{_text}";
            default:
                return Mutation.Change(_text, _random, _files);
        }
    }

    /// <summary>One name for all places of another: a nasty one, or another of the file.</summary>
    private string NewNameOf(Token name, Token[] all) => _renamed.TryGetValue(name.Text, out var known) ? known
        : _renamed[name.Text] = _random.Next(3) == 0 ? Pick(all).Text : Pick(Names);

    private readonly Dictionary<string, string> _renamed = [];

    private string Label() => _random.Next(6) switch
    {
        0 => $"\"{Pick(Labels)}\": ",
        1 => $"{Pick(Names)}: ",
        2 => $"{Pick(Names)}.{Pick(Names)}: ",
        3 => $"{Pick(Names)}{{{Pick(Numbers)}}}: ",
        _ => "",
    };

    private string Times() => _random.Next(2) == 0 ? "" : $" * {Pick(Numbers)}";

    private string Condition(Token[] names) => Pick(Conditions).Replace("x.", Pick(names).Text + ".");

    private int? After(IReadOnlyList<Token> tokens, TokenKind kind) =>
        tokens.Where(token => token.Is(kind)).ToArray() is { Length: > 0 } found ? Pick(found).Span.End : null;

    /// <summary>The lines that set a value.</summary>
    private static int[] Statements(string[] lines) =>
        [.. Enumerable.Range(0, lines.Length).Where(i => Regex.IsMatch(lines[i], @"^\s+\w+ = .*[^,>({\[+*-]\s*$"))];

    private string Replace(TextSpan span, string by) => _text[..span.Start] + by + _text[span.End..];
}
