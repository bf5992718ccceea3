using System;
using System.IO;
using System.Linq;
using Xunit.Sdk;

namespace KnDsl.Tests;

/// <summary>
/// Texts that the repository keeps because a test expects them: what is generated for a case, the findings in an error case,
/// pages that are written from the catalogues. KNDSL_UPDATE=1 writes them anew; the change is then reviewed like any other.
/// </summary>
internal static class Expected
{
    /// <summary>Whether files are to be rewritten where they differ.</summary>
    private static bool IsUpdated => Environment.GetEnvironmentVariable("KNDSL_UPDATE") == "1";

    /// <summary>Fails where the file is missing or holds another text, and says where they part.</summary>
    /// <param name="path">The file, anywhere in the repository.</param>
    /// <param name="text">What it should hold, with "\n" as the end of a line.</param>
    public static void InFile(string path, string text)
    {
        var expected = File.Exists(path) ? File.ReadAllText(path).Replace("\r\n", "\n") : null;
        if (expected == text)
            return;
        if (IsUpdated)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
            return;
        }
        var name = Path.GetRelativePath(Repository.Root, path).Replace('\\', '/');
        throw new XunitException(expected is null
            ? $"{name} does not exist. KNDSL_UPDATE=1 writes it."
            : $"{name}{Difference(expected.Split('\n'), text.Split('\n'))}\n"
                + "If what was found is right, KNDSL_UPDATE=1 writes it to the file.");
    }

    private static string Difference(string[] expected, string[] found)
    {
        var same = expected.Zip(found).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"({same + 1}): the text differs from here.\nexpected: {LineOf(expected, same)}\nfound:    {LineOf(found, same)}";
    }

    private static string LineOf(string[] lines, int index) => index < lines.Length ? lines[index] : "(the end)";
}
