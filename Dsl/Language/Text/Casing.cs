using System;
using System.Linq;

namespace KnDsl.Language.Text;

/// <summary>The case of letters in names.</summary>
internal static class Casing
{
    /// <summary>The same with a capital first letter: <c>image</c> becomes <c>Image</c>.</summary>
    public static string Capital(string name) => char.ToUpperInvariant(name[0]) + name.Substring(1);

    /// <summary>The same with a small first letter: <c>Image</c> becomes <c>image</c>.</summary>
    public static string Camel(string name) => char.ToLowerInvariant(name[0]) + name.Substring(1);

    /// <summary>A path as one name: <c>x.channels</c> becomes <c>xChannels</c>.</summary>
    public static string Joined(string path)
    {
        if (path.IndexOfAny(PathMarks) < 0)
            return path;
        var parts = path.Split(PathMarks, StringSplitOptions.RemoveEmptyEntries);
        return parts[0] + string.Concat(parts.Skip(1).Select(Capital));
    }

    private static readonly char[] PathMarks = ['.', '[', ']'];
}
