using System.IO;
using System.Linq;
using Xunit;

namespace KnDsl.Vision.Tests.Coco;

public sealed class PageTests
{
    /// <summary>The page's program compiles: its lines are those of <see cref="PageExample"/>.</summary>
    [Fact]
    public void The_program_of_the_page_compiles()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "coco.md")).ReplaceLineEndings("\n");
        var code = page.Split("```csharp\nusing KnDsl.Vision;\n\n")[1].Split("```")[0];
        var lines = code.TrimEnd().Split('\n').Select(line => line.Length == 0 ? "" : "        " + line);
        var source = File.ReadAllText(
            Path.Combine(Repository.Root, "tests", "KnDsl.Vision.Tests", "Coco", "PageExample.cs")).ReplaceLineEndings("\n");
        Assert.Contains(string.Join('\n', lines), source);
    }
}
