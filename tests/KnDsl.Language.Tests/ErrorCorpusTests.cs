using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Language.Checking;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Text;
using Xunit;

namespace KnDsl.Language.Tests;

/// <summary>
/// Files with a mistake each, in Errors: KNxxxx-what.knnet is one whose first finding has that code. What the language says
/// of them is reviewed as snapshots: the source with the findings beneath.
/// </summary>
public sealed class ErrorCorpusTests
{
    /// <summary>Codes that no .knnet file alone can call forth: the C# side gives them, or nothing should.</summary>
    private static readonly string[] OnlyElsewhere = [.. DiagnosticCatalogue.All.Select(rule => rule.Code).Where(code => code.StartsWith("KN04", StringComparison.Ordinal)), "KN0901"];

    /// <summary>Files that show several mistakes on purpose.</summary>
    private static readonly string[] WithSeveral =
        ["KN0003-several-mistakes", "KN0102-later-stages-are-checked", "KN0117-return-in-if"];

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Errors");

    public static TheoryData<string> Names => [.. AllNames];

    private static IEnumerable<string> AllNames =>
        Directory.GetFiles(Folder, "*.knnet").Select(path => Path.GetFileNameWithoutExtension(path)).OrderBy(name => name, StringComparer.Ordinal);

    private static (SourceText Source, IReadOnlyList<Diagnostic> Found) Check(string name)
    {
        var source = new SourceText(name + ".knnet", File.ReadAllText(Path.Combine(Folder, name + ".knnet")));
        return (source, CheckedFile.Check(source, Import).Diagnostics);
    }

    /// <summary>What the files import lies in a folder of theirs.</summary>
    private static SourceText? Import(string path) =>
        File.Exists(Path.Combine(Folder, path)) ? new SourceText(path, File.ReadAllText(Path.Combine(Folder, path))) : null;

    [Theory]
    [MemberData(nameof(Names))]
    public void Findings_are_as_reviewed(string name)
    {
        var (source, found) = Check(name);
        Snapshots.Match(Annotated.Write(source, found), "Errors", name);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_first_finding_has_the_code_of_the_file(string name) =>
        Assert.Equal(name.Substring(0, 6), Check(name).Found.FirstOrDefault()?.Code);

    [Theory]
    [MemberData(nameof(Names))]
    public void One_mistake_gives_one_finding(string name)
    {
        var codes = Check(name).Found.Select(found => found.Code).ToArray();
        if (WithSeveral.Contains(name))
            Assert.True(codes.Length > 1, $"{name} is listed as having several mistakes and has {codes.Length}.");
        else
            Assert.Single(codes);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Findings_lie_inside_the_file(string name)
    {
        var (source, found) = Check(name);
        Assert.All(found, diagnostic => Places.AssertInside(source, diagnostic));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Messages_follow_one_style(string name) =>
        Assert.All(Check(name).Found, MessageStyle.AssertFollowedBy);

    [Fact]
    public void Every_code_has_a_file()
    {
        var with = AllNames.Select(name => name.Substring(0, 6)).ToHashSet();
        Assert.Empty(DiagnosticCatalogue.All.Select(rule => rule.Code).Where(code => !with.Contains(code)).Except(OnlyElsewhere));
        Assert.Empty(with.Intersect(OnlyElsewhere));
        Assert.Empty(OnlyElsewhere.Concat(with).Except(DiagnosticCatalogue.All.Select(rule => rule.Code)));
    }

    [Fact]
    public void There_are_at_least_60_files() => Assert.True(AllNames.Count() >= 60);

    [Fact]
    public void Every_snapshot_has_a_file()
    {
        var snapshots = Directory.GetFiles(Path.Combine(Places.ProjectFolder(), "Errors", "__snapshots__"), "*.snap")
            .Select(path => Path.GetFileNameWithoutExtension(path));
        Assert.Empty(snapshots.Except(AllNames));
    }

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
            Assert.Contains("xpected", diagnostic.Message.Replace("must be", "expected").Replace("takes", "expected").Replace("needs", "expected").Replace("is declared as", "expected"));
        if (diagnostic.Hint is { } hint)
            AssertSentences(hint);
    }

    private static void AssertSentences(string text)
    {
        Assert.Matches(@"^(\p{Lu}|'|""|[0-9])", text);
        Assert.Matches(@"[.?]$", text);
        Assert.DoesNotContain("  ", text);
        Assert.DoesNotMatch(@"\n|\r|\.\.$|\bnull\b|System\.|KnDsl\.|Value\b(?<!value)|`|<|TokenKind|SizeValue|''", text.Replace("'<'", "").Replace("'<='", ""));
    }
}
