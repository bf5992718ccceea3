using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using KnDsl.Language.Checking;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Text;
using Xunit;

namespace KnDsl.Language.Tests;

/// <summary>
/// tests/Cases/errors: KNxxxx-what.knnet has one mistake, which has that code, and says under the line what is found
/// (<see cref="Annotations"/>). A mistake that takes several files is a folder of that name. A file with several mistakes begins
/// with the comment "// Several mistakes.".
/// </summary>
public sealed class ErrorCorpusTests
{
    /// <summary>Codes that no .knnet file alone can call forth: the C# side gives them, or nothing should.</summary>
    private static readonly string[] OnlyElsewhere =
        [.. DiagnosticCatalogue.All.Select(rule => rule.Code).Where(code => code.StartsWith("KN04", StringComparison.Ordinal)), "KN0901"];

    private static readonly string Folder = Path.Combine(Repository.Cases, "errors");

    /// <summary>All files, those among them that are right and are only imported.</summary>
    public static TheoryData<string> Files => [.. AllFiles];

    /// <summary>The files and folders that are named after a code.</summary>
    public static TheoryData<string> Cases => [.. AllCases];

    private static string[] AllFiles { get; } =
    [
        .. Directory.GetFiles(Folder, "*.knnet", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Folder, path).Replace('\\', '/')).OrderBy(name => name, StringComparer.Ordinal),
    ];

    private static IEnumerable<string> AllCases => AllFiles.Select(CaseOf).OfType<string>().Distinct();

    /// <summary>The file itself or its folder, whichever is named after a code.</summary>
    private static string? CaseOf(string file) =>
        file.Split('/')[0] is var first && first.StartsWith("KN", StringComparison.Ordinal) ? first : null;

    private static string Annotated(string file) => File.ReadAllText(Path.Combine(Folder, file));

    private static SourceText Read(string file) => new(file, Annotations.Remove(Annotated(file)));

    private static SourceText? Import(string file) => File.Exists(Path.Combine(Folder, file)) ? Read(file) : null;

    private static (SourceText Source, IReadOnlyList<Diagnostic> Found) Check(string file)
    {
        var source = Read(file);
        return (source, CheckedFile.Check(source, new OtherFiles(Import)
        {
            Namesake = path => FilePath.Namesake(path, AllFiles),
            Declaring = name => DeclaringFile(file, name),
        }).Diagnostics);
    }

    /// <summary>Another file of the same case that declares a block.</summary>
    private static string? DeclaringFile(string file, string name) => AllFiles.FirstOrDefault(other =>
        other != file && CaseOf(file) is { } of && CaseOf(other) == of
        && Regex.IsMatch(Annotated(other), $@"^block {name}\b", RegexOptions.Multiline));

    private static IEnumerable<Diagnostic> CheckCase(string name) =>
        AllFiles.Where(file => CaseOf(file) == name).SelectMany(file => Check(file).Found);

    [Theory]
    [MemberData(nameof(Files))]
    public void Findings_are_as_the_file_says(string file)
    {
        var (source, found) = Check(file);
        Expected.InFile(Path.Combine(Folder, file), Annotations.Add(source, found));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_first_finding_has_the_code_of_the_case(string name) =>
        Assert.Equal(name.Substring(0, 6), CheckCase(name).FirstOrDefault()?.Code);

    [Theory]
    [MemberData(nameof(Files))]
    public void One_mistake_gives_one_finding(string file)
    {
        var codes = Check(file).Found.Select(found => found.Code).ToArray();
        if (Annotated(file).StartsWith("// Several mistakes.\n", StringComparison.Ordinal))
            Assert.True(codes.Length > 1, $"{file} says that it has several mistakes and has {codes.Length}.");
        else if (CaseOf(file) == file)
            Assert.Single(codes);
        else
            Assert.True(codes.Length <= 1, $"{file} has {string.Join(", ", codes)}.");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Findings_lie_inside_the_file(string file)
    {
        var (source, found) = Check(file);
        Assert.All(found, diagnostic => Places.AssertInside(source, diagnostic));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Messages_follow_one_style(string name) => Assert.All(CheckCase(name), MessageStyle.AssertFollowedBy);

    [Theory]
    [MemberData(nameof(Files))]
    public void Messages_show_nothing_internal(string file)
    {
        var (source, found) = Check(file);
        Assert.All(found, diagnostic => MessageStyle.AssertShowsNothingInternal(source.Content, diagnostic));
    }

    [Theory]
    [InlineData("'a' must be a number, found (att: [N, 8, 4]/NotBegun).")]
    [InlineData("'a' must be a number, found Symbol { Name = h, Kind = Data }.")]
    [InlineData("'a' must be a number, found SizeValue.")]
    [InlineData("'+' needs equal sizes, found [N, unit.c@1] and [N, 3].")]
    [InlineData("No prior reaches this norm: expected #0.")]
    public void Internals_in_a_message_are_seen(string message) => Assert.ThrowsAny<Xunit.Sdk.XunitException>(() =>
        MessageStyle.AssertShowsNothingInternal("network Net",
            DiagnosticCatalogue.Internal(Read("KN0001-semicolon.knnet").At(default), message)));

    [Fact]
    public void Every_code_has_a_case()
    {
        var with = AllCases.Select(name => name.Substring(0, 6)).ToHashSet();
        Assert.Empty(DiagnosticCatalogue.All.Select(rule => rule.Code).Where(code => !with.Contains(code)).Except(OnlyElsewhere));
        Assert.Empty(with.Intersect(OnlyElsewhere));
        Assert.Empty(OnlyElsewhere.Concat(with).Except(DiagnosticCatalogue.All.Select(rule => rule.Code)));
    }

    [Fact]
    public void Cases_are_named_after_what_is_wrong() =>
        Assert.All(AllCases, name => Assert.Matches(@"^KN\d{4}(-[a-z0-9]+)+(\.knnet)?$", name));

    [Fact]
    public void Codes_are_unique_and_in_order()
    {
        var codes = DiagnosticCatalogue.All.Select(rule => rule.Code).ToArray();
        Assert.Equal(codes.OrderBy(code => code, StringComparer.Ordinal).Distinct(), codes);
    }

    [Fact]
    public void Codes_lie_in_the_hundred_of_their_part()
    {
        // The catalogue's own headings say which hundred comes next; here is what each is for.
        Assert.All(DiagnosticCatalogue.All, rule => Assert.Matches("^KN(00|01|02|03|04|09)[0-9]{2}$", rule.Code));
        Assert.All(DiagnosticCatalogue.All, rule => Assert.NotEqual("00", rule.Code.Substring(4)));
        Assert.All(DiagnosticCatalogue.All.Where(rule => rule.Code.StartsWith("KN03", StringComparison.Ordinal)),
            rule => Assert.Matches("chain|norm", rule.Title));
    }

    [Fact]
    public void Titles_are_short_and_of_their_own()
    {
        Assert.Equal(DiagnosticCatalogue.All.Count, DiagnosticCatalogue.All.Select(rule => rule.Title).Distinct().Count());
        Assert.All(DiagnosticCatalogue.All, rule => Assert.Matches("^[A-Z][^.]{3,50}[^. ]$", rule.Title));
    }
}

/// <summary>What every message has in common.</summary>
internal static class MessageStyle
{
    public static void AssertFollowedBy(Diagnostic diagnostic)
    {
        AssertSentences(diagnostic.Message);
        if (diagnostic.Severity == Severity.Error && diagnostic.Code is not ("KN0001" or "KN0102"))
        {
            Assert.Contains("xpected", diagnostic.Message.Replace("must be", "expected").Replace("takes", "expected")
                .Replace("needs", "expected").Replace("is declared as", "expected"));
        }

        if (diagnostic.Hint is { } hint)
            AssertSentences(hint);
    }

    /// <summary>Names of the language's own types and of their values that no text for users has: those of several words.</summary>
    private static readonly HashSet<string> InternalNames =
    [
        .. typeof(Diagnostic).Assembly.GetTypes().SelectMany(type => type.IsEnum ? Enum.GetNames(type).Append(type.Name) : [type.Name])
            .Where(name => Regex.IsMatch(name, "^([A-Z][a-z]+){2,}$")),
    ];

    /// <summary>
    /// No word of ours that a file does not have: types, values of enums, what records print, and the names of what only the checker
    /// has, such as counted sizes (x@1) and norms of a block's input (#0).
    /// </summary>
    public static void AssertShowsNothingInternal(string source, Diagnostic diagnostic)
    {
        foreach (var text in new[] { diagnostic.Message, diagnostic.Hint ?? "" })
        {
            Assert.DoesNotContain(Regex.Matches(text, @"\w+").Select(word => word.Value),
                word => InternalNames.Contains(word) && !source.Contains(word, StringComparison.Ordinal));
            // Of what is left when quotes from the file are gone.
            var own = Regex.Replace(text, @"'[^']*'|""[^""]*""",
                quoted => source.Contains(quoted.Value[1..^1], StringComparison.Ordinal) ? "" : quoted.Value);
            Assert.DoesNotMatch(@"\w+ \{ \w+ = |\[\]'|/[A-Z][a-z]+[A-Z]|[^ '\[(]@\d|#\d|`\d|System\.|\b__", own);
        }
    }

    private static void AssertSentences(string text)
    {
        Assert.Matches(@"^(\p{Lu}|'|""|[0-9])", text);
        Assert.Matches(@"[.?]$", text);
        Assert.DoesNotContain("  ", text);
        Assert.DoesNotMatch(@"\n|\r|\.\.$|\bnull\b|System\.|KnDsl\.|Value\b(?<!value)|`|<|TokenKind|SizeValue|''", text.Replace("'<'", "")
            .Replace("'<='", ""));
    }
}
