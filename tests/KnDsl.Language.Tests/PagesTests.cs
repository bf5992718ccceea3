using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using KnDsl.Language.Checking;
using KnDsl.Language.Text;
using Xunit;

namespace KnDsl.Language.Tests;

/// <summary>The pages that are written by hand: what they link to exists, and what they show is right.</summary>
public sealed class PagesTests
{
    private static string Root => Repository.Root;

    public static TheoryData<string> Pages =>
    [
        .. Directory.GetFiles(Root, "*.md").Concat(Directory.GetFiles(Path.Combine(Root, "docs"), "*.md"))
            .Concat(Directory.GetDirectories(Path.Combine(Root, "Samples")).Select(sample => Path.Combine(sample, "README.md"))
                .Where(File.Exists))
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/')).Order(System.StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_leads_somewhere(string page)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Root, page))!;
        var broken = new List<string>();
        foreach (var link in Links(Read(page)))
        {
            var (path, heading) = link.Split('#') is [var before, var after] ? (before, after) : (link, null);
            var target = path.Length == 0 ? Path.Combine(Root, page) : Path.GetFullPath(Path.Combine(folder, path));
            if (!File.Exists(target) && !Directory.Exists(target))
                broken.Add(link);
            else if (heading is not null && !Anchors(File.ReadAllText(target)).Contains(heading))
                broken.Add(link);
        }
        Assert.Empty(broken);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_network_that_a_page_shows_is_right(string page)
    {
        // A block that is marked as knnet is a whole file; what shows only a line or the grammar is not marked.
        foreach (Match example in Regex.Matches(Read(page), "^```knnet\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline))
        {
            var source = new SourceText(page, example.Groups[1].Value);
            Assert.Empty(CheckedFile.Check(source).Diagnostics.Select(found => $"{found.Code} line {found.Place.Line}: {found.Message}"));
        }
    }

    [Fact]
    public void The_readme_fits_on_a_few_screens() => Assert.InRange(Read("README.md").TrimEnd('\n').Split('\n').Length, 1, 120);

    /// <summary>The relative targets of all links and pictures of a page, those in code left out.</summary>
    private static IEnumerable<string> Links(string text) =>
        Regex.Matches(WithoutCode(text), @"\]\(([^)\s]+)\)").Select(match => match.Groups[1].Value).Where(link => !link.Contains("://"));

    private static string WithoutCode(string text) =>
        Regex.Replace(Regex.Replace(text, "^```.*?^```", "", RegexOptions.Multiline | RegexOptions.Singleline), "`[^`\n]*`", "");

    /// <summary>What the headings of a page are called in a link, as GitHub makes it of their words.</summary>
    private static IEnumerable<string> Anchors(string text) =>
        Regex.Matches(text, "^#+ (.*)$", RegexOptions.Multiline)
            .Select(match => Regex.Replace(match.Groups[1].Value.Trim().ToLowerInvariant(), @"[^\w\- ]", "").Replace(' ', '-'));

    private static string Read(string page) => File.ReadAllText(Path.Combine(Root, page)).Replace("\r\n", "\n");
}
