using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Parsing;
using KnDsl.Language.Text;

namespace KnDsl.Tests;

/// <summary>Makes a damaged file from a real one, or one of random pieces; the same for the same seed.</summary>
internal static class Mutation
{
    private static readonly string[] Pieces =
    [
        "network", "block", "import", "extern", "namespace", "input", "output", "return", "module", "norm", "if", "else", "for", "in",
        "and", "or", "not",
        "true", "false", "x", "y", "image", "N", "h", "conv", "linear", "relu", "maxpool", "avgpool", "global", "flatten", "concat",
        "pad", "dropout",
        "identity", "kalman", "batch", "group", "none", "policy", "int", "float", "bool", "stride", "channels", "0", "1", "2", "3",
        "64", "-1", "0.5",
        "1e-5", "99999999999", "\"", "\"a.b\"", "'", "(", ")", "[", "]", "{", "}", ",", ":", "=", "==", "!=", "<", "<=", ">", ">=", "+",
        "-", "*", "/", "%",
        ".", "..", "->", "//", "///", "\n", "\r\n", "\t", " ", ";", "&", "|", "!", "\0", "\uFEFF", "\uD83D\uDE00", "\uD83D", "é", "\u2028",
        "a.0:", "b{i}:", "{", "}",
    ];

    public static string Make(int seed, IReadOnlyList<string> files)
    {
        var random = new Random(seed);
        if (random.Next(10) == 0)
            return Random(random);
        var text = files[random.Next(files.Count)];
        for (var changes = random.Next(1, 5); changes > 0; changes--)
            text = Change(text, random, files);
        return text;
    }

    /// <summary>Files that import each other, by path; the first is damaged for sure.</summary>
    public static IReadOnlyDictionary<string, string> MakeProject(int seed, IReadOnlyList<string> files)
    {
        var random = new Random(seed);
        string[] paths = ["fuzz.knnet", "a.knnet", "b/c.knnet"];
        var project = new Dictionary<string, string>();
        foreach (var path in paths)
        {
            var text = new StringBuilder();
            for (var imports = random.Next(path == paths[0] ? 1 : 0, 3); imports > 0; imports--)
            {
                var imported = random.Next(20) == 0 ? "d.knnet" : paths[random.Next(random.Next(6) == 0 ? 0 : 1, 3)];
                text.Append($"import \"{(path == paths[2] ? "../" : "")}{imported}\"\n");
            }
            // Some of a file's declarations, so that others are missing or come from elsewhere.
            var declarations = string.Join("", files[random.Next(files.Count)].Split("\n\n").Where(_ => random.Next(5) > 0)
                .Select(part => part + "\n\n"));
            text.Append(declarations);
            project[path] = path == paths[0] || random.Next(3) == 0 ? Change(text.ToString(), random, files) : text.ToString();
        }
        return project;
    }

    private static string Random(Random random)
    {
        var text = new StringBuilder();
        var asCharacters = random.Next(3) == 0;
        for (var length = random.Next(200); length > 0; length--)
        {
            if (asCharacters)
                text.Append((char)(random.Next(4) == 0 ? random.Next(0x10000) : random.Next(128)));
            else
                text.Append(Pieces[random.Next(Pieces.Length)]).Append(random.Next(3) == 0 ? "" : " ");
        }

        return text.ToString();
    }

    public static string Change(string text, Random random, IReadOnlyList<string> files)
    {
        if (text.Length == 0)
            return Pieces[random.Next(Pieces.Length)];
        var tokens = Lexer.Tokenize(new SourceText("", text), new DiagnosticBag());
        var one = tokens[random.Next(tokens.Count)].Span;
        var two = tokens[random.Next(tokens.Count)].Span;
        var at = random.Next(text.Length);
        var lines = text.Split('\n');
        var line = random.Next(lines.Length);
        return random.Next(20) switch
        {
            0 => text.Remove(one.Start, one.Length),
            1 => text.Insert(one.Start, text.Substring(one.Start, one.Length) + " "),
            2 => Swap(text, one, two),
            3 => text.Insert(at, Pieces[random.Next(Pieces.Length)]),
            4 => text.Insert(one.Start, Pieces[random.Next(Pieces.Length)] + " "),
            5 => text.Remove(one.Start, one.Length).Insert(one.Start, Pieces[random.Next(Pieces.Length)]),
            6 => string.Join("\n", lines.Where((_, i) => i != line)),
            7 => string.Join("\n", lines.Take(line).Append(lines[random.Next(lines.Length)]).Concat(lines.Skip(line))),
            8 => text.Substring(0, at),
            9 => text.Remove(at, 1),
            10 => text.Replace(random.Next(2) == 0 ? "\n" : " ", random.Next(2) == 0 ? "\r\n" : "\r"),
            11 => text.Insert(random.Next(3) == 0 ? 0 : at, new string(Odd[random.Next(Odd.Length)], random.Next(1, 4))),
            12 => Replace(text, one, Numbers[random.Next(Numbers.Length)]),
            13 => Replace(text, one,
                string.Join(Separators[random.Next(Separators.Length)],
                    Enumerable.Repeat(text.Substring(one.Start, one.Length), random.Next(2, 1_500)))),
            14 => Wrap(text, one, random.Next(1, 120), random.Next(3)),
            15 => Replace(text, one, TokenOf(files[random.Next(files.Count)], random)),
            16 or 17 when text.Substring(one.Start, one.Length) is { Length: > 0 } name && char.IsLetter(name[0]) =>
                Regex.Replace(text, $@"\b{Regex.Escape(name)}\b", Words[random.Next(Words.Length)]),
            18 when tokens.FirstOrDefault(token => token.Is(TokenKind.Integer) && token.Span.Start >= at) is { } number =>
                Replace(text, number.Span, Numbers[random.Next(Numbers.Length)]),
            _ => Splice(lines, files[random.Next(files.Count)].Split('\n'), random),
        };
    }

    /// <summary>Characters that a text editor hides or mangles.</summary>
    private static readonly char[] Odd = ['\0', '\uFEFF', '\u200B', '\u202E', '\uD83D', '\uDC00', '\u2028', '\u0085', '\t', '\v', '\u00A0',
        '\u0301', '\u0663', 'ж', '\uFF11'];

    private static readonly string[] Numbers =
        ["0", "1", "2", "7", "1000", "2147483647", "2147483648", "-2147483648", "99999999999999999999999", "1e308", "1e-320", "1e999",
            "0.0", "0x10", "007", "1_000", "1..2", ".5", "5."];

    private static readonly string[] Separators = [" ", "", " + ", " -> ", ", ", ".", " * ", " and ", ": "];

    private static readonly string[] Words =
    [
        "x", "y", "N", "h", "norm", "input", "conv", "relu", "if", "for", "class", "int", "true", "scope", "forward", "device",
        "xChannels", "слой", "\U0001D54F", "a\u0301",
        "network", "block", "kalman", "\"..\"", "start", "on", "global", "same", "count", "channels", "name", "i", "_", "__", "T",
        "Tensor", "string", "torch", "nn", "module", "return",
    ];

    private static string Replace(string text, TextSpan span, string by) => text.Substring(0, span.Start) + by + text.Substring(span.End);

    /// <summary>A token in many brackets, closed, or not quite.</summary>
    private static string Wrap(string text, TextSpan span, int depth, int missing)
    {
        var (open, close) = (depth % 3) switch { 0 => ('(', ')'), 1 => ('[', ']'), _ => ('{', '}') };
        return Replace(text, span, new string(open, depth) + text.Substring(span.Start, span.Length)
            + new string(close, Math.Max(0, depth - missing)));
    }

    private static string TokenOf(string file, Random random)
    {
        var tokens = Lexer.Tokenize(new SourceText("", file), new DiagnosticBag());
        var span = tokens[random.Next(tokens.Count)].Span;
        return file.Substring(span.Start, span.Length);
    }

    private static string Swap(string text, TextSpan one, TextSpan two)
    {
        var (a, b) = one.Start < two.Start ? (one, two) : (two, one);
        return a.End > b.Start ? text : text.Substring(0, a.Start) + text.Substring(b.Start, b.Length)
            + text.Substring(a.End, b.Start - a.End)
            + text.Substring(a.Start, a.Length) + text.Substring(b.End);
    }

    /// <summary>The beginning of one file and the end of another.</summary>
    private static string Splice(string[] a, string[] b, Random random) =>
        string.Join("\n", a.Take(random.Next(a.Length)).Concat(b.Skip(random.Next(b.Length))));
}
