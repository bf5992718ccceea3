using System;
using System.Linq;
using KnDsl.Language.Checking;
using KnDsl.Language.Text;
using Xunit;

namespace KnDsl.Language.Tests;

/// <summary>
/// Files with two to five mistakes that have nothing to do with each other: all are reported at once, and nothing else is.
/// </summary>
public sealed class SeveralMistakesTests
{
    /// <summary>Statements with one mistake each, and its code; none reads what another sets.</summary>
    private static readonly (string Code, string Text)[] Mistakes =
    [
        ("KN0001", "a{0} = image -> relu;"),
        ("KN0002", "a{0} = image -> conv(8 3)"),
        ("KN0002", "a{0} = image -> first{0} conv(8, 3)"),
        ("KN0003", "a{0} = image -> conv(8, 3"),
        ("KN0007", "a{0} = image -> conv(8px, 3)"),
        ("KN0101", "a{0} = nothing{0} -> relu"),
        ("KN0102", "a{0} = image -> cnov(8, 3) -> relu"),
        ("KN0103", "a{0} = image -> conv(8, 3, strid: 2)"),
        ("KN0104", "a{0} = image -> conv(8)"),
        ("KN0105", "a{0} = image -> relu(1) -> conv(8, 3)"),
        ("KN0106", "a{0} = image -> conv(8, 1.5)"),
        ("KN0107", "a{0} = image -> conv(0, 3)"),
        ("KN0112", "a{0}, b{0} = image -> relu"),
        ("KN0118", "a{0} = image % 2"),
        ("KN0122", "a{0} = image -> conv(8, 3, mode: mirror)"),
        ("KN0123", "a{0} = 8 / 0"),
        ("KN0201", "a{0} = image -> flatten -> conv(8, 3)"),
        ("KN0202", "a{0} = image -> maxpool(64) -> relu"),
        ("KN0203", "a{0} = image + (image -> conv(8, 3))"),
        ("KN0204", "a{0} = image -> conv(8, 3, groups: 2)"),
        ("KN0208", "a{0} = image -> reshape([7, 7])"),
        ("KN0209", "a{0} = image -> flatten(9)"),
    ];

    [Fact]
    public void All_are_reported_and_nothing_else()
    {
        var random = new Random(20180215);
        for (var round = 0; round < 500; round++)
        {
            var chosen = Enumerable.Range(0, random.Next(2, 6)).Select(_ => Mistakes[random.Next(Mistakes.Length)]).ToArray();
            var text = "network Net\n{\n    input image[N, 3, 32, 32]\n"
                + string.Concat(chosen.Select((mistake, i) => "    " + mistake.Text.Replace("{0}", $"{i}") + "\n"))
                + "    x = image -> avgpool(global) -> flatten -> linear(10)\n    output x[N, 10]\n}\n";
            var expected = chosen.Select((mistake, i) => $"{mistake.Code} in line {i + 4}");
            var found = CheckedFile.Check(new SourceText("several.knnet", text)).Diagnostics.Select(diagnostic =>
                $"{diagnostic.Code} in line {diagnostic.Place.Line}");
            Assert.True(expected.SequenceEqual(found), $"{text}{string.Join(Environment.NewLine, found)}");
        }
    }
}
