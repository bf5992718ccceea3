using KnDsl.Language.Text;
using Xunit;

namespace KnDsl.Language.Tests;

/// <summary>Paths as project files and imports write them, of every system on every system.</summary>
public sealed class FilePathTests
{
    [Theory]
    [InlineData("/p/../shared/x.knnet", "/shared/x.knnet")]
    [InlineData("/p/./a//b/../x.knnet", "/p/a/x.knnet")]
    [InlineData("/../../x.knnet", "/x.knnet")]
    [InlineData("//p/x.knnet", "/p/x.knnet")]
    [InlineData("/p/a\\b/x.knnet", "/p/a\\b/x.knnet")]
    [InlineData("C:\\p\\../shared/x.knnet", "C:\\shared\\x.knnet")]
    [InlineData("C:/p/../x.knnet", "C:/x.knnet")]
    [InlineData("\\\\server\\share\\p\\..\\x.knnet", "\\\\server\\share\\x.knnet")]
    [InlineData("a/../../x.knnet", "../x.knnet")]
    [InlineData("../../x.knnet", "../../x.knnet")]
    [InlineData("x.knnet", "x.knnet")]
    [InlineData("", "")]
    public void A_path_has_no_detours(string path, string expected) => Assert.Equal(expected, FilePath.Normalize(path));

    [Theory]
    [InlineData("/p/nets/net.knnet", "../blocks/x.knnet", "/p/blocks/x.knnet")]
    [InlineData("/p/net.knnet", "x.knnet", "/p/x.knnet")]
    [InlineData("/p/net.knnet", "a\\x.knnet", "/p/a/x.knnet")]
    [InlineData("C:\\p\\net.knnet", "../a/x.knnet", "C:\\a\\x.knnet")]
    [InlineData("net.knnet", "../x.knnet", "../x.knnet")]
    [InlineData("../net.knnet", "../x.knnet", "../../x.knnet")]
    [InlineData("", "x.knnet", "x.knnet")]
    public void An_import_is_relative_to_the_file_that_imports(string importing, string import, string expected) =>
        Assert.Equal(expected, FilePath.OfImport(importing, import));

    [Theory]
    [InlineData("/p/", "/p/a/x.knnet", "a/x.knnet")]
    [InlineData("/p/q/", "/p/x.knnet", "../x.knnet")]
    [InlineData("/p", "/pq/x.knnet", "../pq/x.knnet")]
    [InlineData("C:\\p\\", "C:\\p\\a\\x.knnet", "a/x.knnet")]
    [InlineData("C:\\p\\", "D:\\p\\x.knnet", "D:\\p\\x.knnet")]
    [InlineData("", "/p/x.knnet", "/p/x.knnet")]
    public void A_file_has_a_path_in_a_folder(string folder, string path, string expected) =>
        Assert.Equal(expected, FilePath.Relative(folder, path));
}
