using System.IO;
using KnDsl.Language.Operations;
using Xunit;

namespace KnDsl.Language.Tests;

/// <summary>The page of operations is written from the catalogues.</summary>
public sealed class ReferencePageTests
{
    [Fact]
    public void The_page_of_operations_is_what_the_catalogues_say() =>
        Expected.InFile(Path.Combine(Repository.Root, "docs", "operations.md"), ReferencePage.Write());
}
