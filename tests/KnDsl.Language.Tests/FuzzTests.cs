using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using KnDsl.Language.Checking;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Text;
using Xunit;
using Xunit.Abstractions;

namespace KnDsl.Language.Tests;

/// <summary>
/// What damaged files get: diagnostics with a place inside the file, soon, and never an exception. 2,000 files from a fixed
/// seed; KNDSL_FUZZ=100000 asks for more, KNDSL_FUZZ_SEED for others.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    /// <summary>
    /// No file may take a second: that is measured in the long run, where a slow one gets two more chances. The short run may
    /// share its machine with others, and looks for what never ends.
    /// </summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(Environment.GetEnvironmentVariable("KNDSL_FUZZ") is null ? 20 : 1);

    /// <summary>Networks that are right: the cases and the samples.</summary>
    private static readonly IReadOnlyList<string> RealFiles =
    [
        .. new[] { Path.Combine(Repository.Cases, "forms"), Path.Combine(Repository.Cases, "published"),
            Path.Combine(Repository.Root, "Samples") }
            .SelectMany(folder => Directory.GetFiles(folder, "*.knnet", SearchOption.AllDirectories))
            .Where(path =>
                !Path.GetRelativePath(Repository.Root, path).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .OrderBy(path => path, StringComparer.Ordinal).Select(File.ReadAllText),
    ];

    [Fact]
    public void Damaged_files_are_refused_in_good_order()
    {
        Assert.True(RealFiles.Count >= 20, "The cases and the samples are what is damaged.");
        var count = int.TryParse(Environment.GetEnvironmentVariable("KNDSL_FUZZ"), out var wanted) ? wanted : 2_000;
        var first = int.TryParse(Environment.GetEnvironmentVariable("KNDSL_FUZZ_SEED"), out var chosen) ? chosen : 1;
        var (slowest, withErrors) = (TimeSpan.Zero, 0);
        for (var seed = first; seed < first + count; seed++)
        {
            var text = Mutation.Make(seed, RealFiles);
            var (problem, time, diagnostics) = Try(text);
            Assert.True(problem is null, $"Seed {seed}: {problem}{Environment.NewLine}{text}");
            withErrors += diagnostics > 0 ? 1 : 0;
            slowest = time > slowest ? time : slowest;
        }
        output.WriteLine(
            $"{count} files from seed {first}: {withErrors} with findings; the slowest took {slowest.TotalMilliseconds:0} ms.");
        // Were nearly all of them right, the mutations would be too tame to show anything.
        Assert.True(withErrors > count / 2);
    }

    /// <summary>Fewer files than above: what a message is made of shows soon.</summary>
    [Fact]
    public void Messages_about_damaged_files_show_nothing_internal()
    {
        for (var seed = 1; seed <= 1_000; seed++)
        {
            var text = Mutation.Make(seed, RealFiles);
            Assert.All(CheckedFile.Check(new SourceText("fuzz.knnet", text)).Diagnostics,
                diagnostic => MessageStyle.AssertShowsNothingInternal(text, diagnostic));
        }
    }

    [Fact]
    public void Damaged_projects_are_refused_in_good_order()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("KNDSL_FUZZ"), out var wanted) ? wanted / 5 : 400;
        var first = int.TryParse(Environment.GetEnvironmentVariable("KNDSL_FUZZ_SEED"), out var chosen) ? chosen : 1;
        var withErrors = 0;
        for (var seed = first; seed < first + count; seed++)
        {
            var files = Mutation.MakeProject(seed, RealFiles);
            foreach (var (path, text) in files)
            {
                var (problem, _, diagnostics) = Try(text, path, imported =>
                    files.TryGetValue(imported, out var found) ? new SourceText(imported, found) : null);
                Assert.True(problem is null,
                    $"Seed {seed}, {path}: {problem}\n{string.Join("\n====\n", files.Select(file => $"{file.Key}\n{file.Value}"))}");
                withErrors += diagnostics > 0 ? 1 : 0;
            }
        }
        output.WriteLine($"{count} projects from seed {first}: {withErrors} files with findings.");
        Assert.True(withErrors > count);
    }

    [Fact]
    public void A_deep_nest_across_imports_is_refused()
    {
        const int Depth = 150;
        string File(int i) =>
            i == Depth ? "block B150(x)\n{\n return x -> relu\n}\n"
                : $"import \"{i + 1}.knnet\"\nblock B{i}(x)\n{{\n return x -> B{i + 1}\n}}\n";
        SourceText? Resolve(string path) =>
            int.TryParse(Path.GetFileNameWithoutExtension(path), out var number) ? new SourceText(path, File(number)) : null;
        var findings = Enumerable.Range(0, Depth + 1)
            .SelectMany(i => CheckedFile.Check(new SourceText($"{i}.knnet", File(i)), new OtherFiles(Resolve)).Diagnostics).ToArray();
        Assert.Equal("KN0119", Assert.Single(findings).Code);
    }

    public static TheoryData<string, string> Hostile => new()
    {
        { "empty", "" },
        { "white", " \t\r\n \n" },
        { "comments", "// nothing\n/// but comments\n//" },
        { "byte order mark", "\uFEFF" },
        { "one quote", "\"" },
        { "one single quote", "'" },
        { "NUL", "\0" },
        { "NUL in a name", InNetwork("x\0y = image -> relu") },
        { "lone high surrogate", "\uD800" },
        { "lone low surrogate", InNetwork("x = image -> \uDC00 -> relu") },
        { "surrogate pairs", InNetwork("x = image -> \U0001D54F -> \U0001F600") },
        { "other digits", InNetwork("x = image -> conv(\u0663, \u0967)") },
        { "letters of other scripts", InNetwork("ж = image -> слой: conv(8, 3)\n output ж[N, 8, 32, 32]") },
        { "unclosed text", InNetwork("x = \"abc") },
        { "unclosed label", InNetwork("x = image -> part{i: conv(8, 3)") },
        { "empty count", InNetwork("x = image -> part{}: conv(8, 3)") },
        { "odd count", InNetwork("x = image -> part{((}: conv(8, 3)") },
        { "count of text", InNetwork("x = image -> part{\"a\"}: conv(8, 3)") },
        { "empty label", InNetwork("x = image -> \"\": conv(8, 3)") },
        { "dots in a label", InNetwork("x = image -> a..b: conv(8, 3)\n y = x -> a.: conv(8, 3)") },
        { "carriage returns only", "network Net\r{\r input image[N, 3, 32, 32]\r output image[N, 3, 32, 32]\r}\r" },
        { "line separators", "network Net\u2028{\u2028 input image[N, 3]\u2028}" },
        { "huge number", InNetwork($"x = image -> conv({new string('9', 5_000)}, 3)") },
        { "huge exponent", InNetwork("x = image -> dropout(1e999999999)") },
        { "greatest numbers",
            InNetwork("x = image -> conv(2147483647, 2147483647, stride: 2147483647, padding: 2147483647, dilation: 2147483647)") },
        { "product of greatest numbers", InNetwork("n = 2147483647 * 2147483647 * 2147483647 * 2147483647\n x = image -> conv(n, 3)") },
        { "least number divided", InNetwork("n = (0 - 2147483647 * 2147483647 * 2 - 2147483647 * 4 - 2) / -1\n x = image -> conv(n, 3)") },
        { "a million times", InNetwork("x = image -> body: [ conv(8, 3) * 1000000 ]") },
        { "a billion times", InNetwork("x = image -> body: [ conv(8, 3) * 2147483647 ]") },
        { "just too often", InNetwork("x = image -> body: [ conv(8, 3) * 50001 ]") },
        { "repetitions that multiply", InNetwork("x = image -> body: [ [ [ [ relu * 1000 ] * 1000 ] * 1000 ] * 1000 ]") },
        { "empty repetitions that multiply", InNetwork("x = image -> body: [ [ [ [ ] * 40000 ] * 40000 ] * 40000 ]") },
        { "a long loop", InNetwork("x = image\n for i in 0..2147483647 {\n  x = x -> relu\n }") },
        { "a long empty loop", InNetwork("for i in 0..2147483647 {\n }\n x = image -> relu") },
        { "loops that multiply",
            InNetwork("x = image\n for i in 0..1000 {\n for j in 0..1000 {\n for k in 0..1000 {\n x = x -> relu\n }\n }\n }") },
        { "nested loops of a parameter", "network Net(n: int)\n{\n input image[N, 3, 32, 32]\n x = image\n"
            + Repeat(12, i => $"for i{i} in 0..n {{\n x = x -> relu\n") + Repeat(12, _ => "}\n") + " output x[N, 3, 32, 32]\n}\n" },
        { "nested ifs of a parameter", "network Net(a: bool)\n{\n input image[N, 3, 32, 32]\n x = image\n"
            + Repeat(25, _ => "if a {\n x = x -> relu\n") + Repeat(25, _ => "}\n") + " output x[N, 3, 32, 32]\n}\n" },
        { "many ifs of parameters", "network Net(a: bool, c: int = 8)\n{\n input image[N, 3, 32, 32]\n x = image\n"
            + Repeat(200, i => $"if a {{\n x = x -> l{i}: conv(c, 3)\n}} else {{\n x = x -> relu\n}}\n") + " output x[N, 3, 32, 32]\n}\n" },
        { "an exponential nest of blocks", InNetwork("x = image -> B0")
            + Repeat(40, i => $"block B{i}(x)\n{{\n return x -> B{i + 1} -> B{i + 1}\n}}\n") + "block B40(x)\n{\n return x -> relu\n}\n" },
        { "an exponential nest of a parameter",
            "network Net(n: int)\n{\n input image[N, 3, 32, 32]\n x = image -> B0(n)\n output x[N, 3, 32, 32]\n}\n"
                + Repeat(40, i => $"block B{i}(x, n: int)\n{{\n return x -> B{i + 1}(n) -> B{i + 1}(n + 1)\n}}\n")
                + "block B40(x, n: int)\n{\n return x -> conv(n, 3)\n}\n" },
        { "a deep nest of blocks", InNetwork("x = image -> B0") + Repeat(2_000, i => $"block B{i}(x)\n{{\n return x -> B{i + 1}\n}}\n")
            + "block B2000(x)\n{\n return x -> relu\n}\n" },
        { "a block of itself", InNetwork("x = image -> A") + "block A(x)\n{\n return x -> A\n}\n" },
        { "blocks of each other", InNetwork("x = image -> A")
            + "block A(x)\n{\n return x -> B\n}\nblock B(x)\n{\n y = x + (x -> A)\n return y\n}\n" },
        { "a block of itself in a list", InNetwork("x = image -> A") + "block A(x)\n{\n y = [x -> A]\n return -(x -> A)\n}\n" },
        { "a block of itself in a label", InNetwork("x = image -> A") + "block A(x)\n{\n return x -> l{A(x)}: relu\n}\n" },
        { "a block of itself in a condition", InNetwork("x = image -> A")
            + "block A(x)\n{\n if A(x).channels == 1 {\n }\n for i in 0..A(x).width {\n }\n return x\n}\n" },
        { "a block of itself in a size", InNetwork("x = image -> A")
            + "block A(x)\n{\n y = (x -> A).channels\n z = x -> conv(A(x)[0], not A(x))\n return z\n}\n" },
        { "a block of itself by default", InNetwork("x = image -> A") + "block A(x, n: int = A(1))\n{\n return x -> conv(n, 3)\n}\n" },
        { "a network of itself", "network A\n{\n input x[N, 3]\n y = x -> A\n output y[N, 3]\n}\n" },
        { "a long sum", InNetwork($"n = {string.Join(" + ", Enumerable.Repeat("1", 10_000))}\n x = image -> conv(n, 3)") },
        { "a long sum of symbols", "network Net(n: int)\n{\n input image[N, 3, 32, 32]\n m = "
            + string.Join(" + ", Enumerable.Repeat("n", 10_000)) + "\n x = image -> conv(m, 3)\n output x[N, m, 32, 32]\n}\n" },
        { "a long sum of many symbols", "network Net\n{\n input image[N, 3, "
            + string.Join(" + ", Enumerable.Range(0, 300).Select(i => $"h{i}")) + "]\n x = image -> relu\n output x[N, 3, 7]\n}\n" },
        { "a product of sums", "network Net\n{\n input image[N, 3, "
            + string.Join(" * ", Enumerable.Range(0, 30).Select(i => $"(a{i} + b{i})"))
            + "]\n x = image -> relu\n output x[N, 3, 7]\n}\n" },
        { "a power of a sum", "network Net(n: int)\n{\n input image[N, 3, 32, 32]\n a = n + 1\n" + Repeat(20, _ => " a = a * a\n")
            + " x = image -> conv(a, 3)\n output x[N, a, 32, 32]\n}\n" },
        { "a long sum of tensors", InNetwork($"x = {string.Join(" + ", Enumerable.Repeat("image", 10_000))}") },
        { "a long chain", InNetwork($"x = image{Repeat(10_000, _ => " -> relu")}") },
        { "a long chain of convolutions", InNetwork($"x = image{Repeat(10_000, _ => " -> conv(8, 3)")}") },
        { "a long chain of norms", InNetwork($"x = image{Repeat(5_000, _ => " -> norm")}") },
        { "a chain that halves", "network Net\n{\n input image[N, 3, h, w]\n x = image"
            + Repeat(200, _ => " -> maxpool(3, stride: 2, padding: 1)") + "\n output x[N, 3, h, w]\n}\n" },
        { "deep parentheses", InNetwork($"x = {new string('(', 20_000)}image{new string(')', 20_000)}") },
        { "deep open parentheses", InNetwork($"x = {new string('(', 20_000)}") },
        { "deep brackets", InNetwork($"x = image -> a: {Repeat(20_000, _ => "[ ")}") },
        { "deep braces", "network Net\n" + Repeat(20_000, _ => "{\n") },
        { "deep ifs", InNetwork(Repeat(20_000, _ => "if true {\n")) },
        { "closing braces", new string('}', 20_000) },
        { "else after else", InNetwork("if true {\n } " + Repeat(20_000, _ => "else if true {\n } ")) },
        { "signs", InNetwork($"n = {new string('-', 20_000)}1\n x = image -> conv(n, 3)") },
        { "nots", InNetwork($"n = {Repeat(20_000, _ => "not ")}true") },
        { "dots", InNetwork($"n = image{Repeat(20_000, _ => ".channels")}") },
        { "indices", InNetwork($"n = [1]{Repeat(20_000, _ => "[0]")}") },
        { "arrows", InNetwork($"x = image {Repeat(20_000, _ => "->")}") },
        { "commas", InNetwork($"x = concat({new string(',', 20_000)})") },
        { "unknown characters", new string('$', 20_000) },
        { "a long word", new string('a', 200_000) },
        { "a long text", InNetwork($"x = \"{new string('a', 200_000)}\"") },
        { "a long label", InNetwork($"x = image -> {string.Join(".", Enumerable.Repeat("a", 10_000))}: conv(8, 3)") },
        { "labels without end", Repeat(2_000, _ => "a{b.c{d.") },
        { "many arguments", InNetwork($"x = image -> conv({string.Join(", ", Enumerable.Repeat("8", 10_000))})") },
        { "many parameters",
            $"network Net({string.Join(", ", Enumerable.Range(0, 1_000).Select(i => $"p{i}: int = {i}"))})\n"
                + $"{{\n input image[N, 3]\n output image[N, 3]\n}}\n" },
        { "many networks", Repeat(500, i => $"network Net{i}\n{{\n input image[N, 3]\n output image[N, 3]\n}}\n") },
        { "many inputs of a block", InNetwork("x = image -> A")
            + $"block A({string.Join(", ", Enumerable.Range(0, 1_000).Select(i => $"p{i}"))})\n{{\n return p0\n}}\n" },
        { "many dimensions", "network Net\n{\n input image[" + string.Join(", ", Enumerable.Range(0, 3_000).Select(i => $"d{i}"))
            + "]\n x = image -> flatten\n output x[N]\n}\n" },
        { "many outputs", "network Net\n{\n input image[N, 3]\n output "
            + string.Join(", ", Enumerable.Range(0, 1_000).Select(_ => "image[N, 3]")) + "\n}\n" },
        { "no dimensions", "network Net\n{\n input image[]\n x = image -> relu\n output x[]\n}\n" },
        { "division of symbols by zero",
            "network Net(n: int = 0)\n{\n input image[N, 3, 32, 32]\n x = image -> conv(8 / n, 3)\n output x[N, 8 / n, 32, 32]\n}\n" },
        { "groups of a negative number",
            "network Net(n: int = -4)\n{\n input image[N, 4, 32, 32]\n x = image -> conv(8, 3, groups: n)\n output x[N, 8, 32, 32]\n}\n" },
        { "flattened beyond all bounds",
            "network Net\n{\n input image[N, 2147483647, 2147483647, 2147483647]\n x = image -> flatten -> linear(10)\n"
                + " output x[N, 10]\n}\n" },
        { "statements of all kinds nowhere", "input x[N]\noutput x[N]\nreturn x\nnorm = y\nmodule z = w\nif a {\n}\nfor i in 0..3 {\n}\n" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_files_are_refused_in_good_order(string name, string text)
    {
        foreach (var variant in new[] { text, text.Replace("\n", "\r\n") })
        {
            var (problem, time, _) = Try(variant);
            Assert.True(problem is null, $"{name}: {problem}");
            output.WriteLine($"{time.TotalMilliseconds:0} ms");
        }
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_files_get_no_flood_of_messages(string name, string text)
    {
        var count = CheckedFile.Check(new SourceText("hostile.knnet", text)).Diagnostics.Count;
        // What stands a thousand times may be said of each; the rest is said once.
        var most = name is "many parameters" or "many outputs" or "many inputs of a block" ? 3_000 : name == "deep braces" ? 40 : 12;
        Assert.True(count <= most, $"{name} has {count} findings.");
    }

    [Theory]
    [InlineData("a million times")]
    [InlineData("a billion times")]
    [InlineData("just too often")]
    [InlineData("repetitions that multiply")]
    [InlineData("empty repetitions that multiply")]
    [InlineData("a long loop")]
    [InlineData("loops that multiply")]
    [InlineData("an exponential nest of blocks")]
    [InlineData("an exponential nest of a parameter")]
    public void What_would_grow_beyond_all_bounds_is_refused(string name)
    {
        var text = Hostile.Single(row => (string)row[0] == name)[1];
        Assert.Contains("KN0119", CheckedFile.Check(new SourceText("hostile.knnet", (string)text)).Diagnostics.Select(found => found.Code));
    }

    [Fact]
    public void Line_endings_make_no_difference()
    {
        foreach (var text in RealFiles)
        {
            var (unix, dos) = (CheckedFile.Check(new SourceText("a.knnet", text)),
                CheckedFile.Check(new SourceText("a.knnet", text.Replace("\n", "\r\n"))));
            Assert.Equal(
                unix.Diagnostics.Select(found => $"{found.Place} {found.Code} {found.Text}"),
                dos.Diagnostics.Select(found => $"{found.Place} {found.Code} {found.Text}"));
            Assert.Equal(unix.Syntax.Modules.Select(module => module.Documentation),
                dos.Syntax.Modules.Select(module => module.Documentation));
        }
    }

    [Fact]
    public void The_same_text_gives_the_same_findings()
    {
        for (var seed = 1; seed <= 50; seed++)
        {
            var text = Mutation.Make(seed, RealFiles);
            Assert.Equal(Findings(text), Findings(text));
        }

        static string Findings(string text)
        {
            var findings = CheckedFile.Check(new SourceText("a.knnet", text)).Diagnostics;
            return string.Join("\n", findings.Select(found => $"{found.Place.Span} {found.Code} {found.Text} {found.Other?.Span}"));
        }
    }

    /// <summary>Checks a text; what went wrong, or null.</summary>
    private static (string? Problem, TimeSpan Time, int Diagnostics) Try(string text, string path = "fuzz.knnet",
        Func<string, SourceText?>? resolve = null)
    {
        var source = new SourceText(path, text);
        for (var turn = 1; ; turn++)
        {
            var watch = Stopwatch.StartNew();
            CheckedFile file;
            try
            {
                file = CheckedFile.Check(source, resolve is null ? OtherFiles.None : new OtherFiles(resolve));
            }
            catch (Exception exception)
            {
                return ($"threw {exception}", watch.Elapsed, 0);
            }
            var time = watch.Elapsed;
            if (time > Limit && turn < 3)
                continue;
            if (time > Limit)
                return ($"took {time.TotalMilliseconds:0} ms", time, 0);
            foreach (var diagnostic in file.Diagnostics)
            {
                var span = diagnostic.Place.Span;
                if (diagnostic.Code == "KN0901")
                    return (diagnostic.Message, time, 0);
                if (!ReferenceEquals(diagnostic.Place.Text, source) || span.Start < 0 || span.Length < 0 || span.End > text.Length)
                    return ($"{diagnostic.Code} lies at {span} of {text.Length} characters", time, 0);
                if (span.Length == 0 && text.Length > 0)
                    return ($"{diagnostic.Code} at {span} underlines nothing", time, 0);
            }
            // A file that is wrong gets no code, and a file that gets none says why.
            var errors = file.Diagnostics.Count(diagnostic => diagnostic.Severity == Severity.Error);
            if (errors == 0 && resolve is null && file.Modules.Any(module => !module.IsComplete))
                return ("is incomplete, and no error says why", time, 0);
            return (null, time, file.Diagnostics.Count);
        }
    }

    private static string InNetwork(string statements) =>
        $"network Net\n{{\n input image[N, 3, 32, 32]\n {statements}\n output x[N, 3, 32, 32]\n}}\n";

    private static string Repeat(int count, Func<int, string> text)
    {
        var all = new StringBuilder();
        for (var i = 0; i < count; i++)
            all.Append(text(i));
        return all.ToString();
    }
}
