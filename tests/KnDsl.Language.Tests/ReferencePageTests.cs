using System;
using System.IO;
using System.Runtime.CompilerServices;
using KnDsl.Language.Operations;
using Xunit;

namespace KnDsl.Language.Tests;

/// <summary>The reference page is what the catalogues say; KNDSL_WRITE_REFERENCE=1 writes it anew.</summary>
public class ReferencePageTests
{
    [Fact]
    public void The_page_of_operations_is_what_the_catalogues_say()
    {
        var path = Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", "docs", "operations.md");
        if (Environment.GetEnvironmentVariable("KNDSL_WRITE_REFERENCE") == "1")
            File.WriteAllText(path, ReferencePage.Write());
        Assert.Equal(ReferencePage.Write(), File.ReadAllText(path).Replace("\r\n", "\n"));
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
