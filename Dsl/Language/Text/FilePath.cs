using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Language.Text;

/// <summary>The path of a file, as any system spells it, without the detours that a project file may write.</summary>
internal sealed class FilePath
{
    /// <summary>How the name of a file of the language ends.</summary>
    public const string Ending = ".knnet";

    private static readonly char[] Slash = ['/'];
    private static readonly char[] BothSlashes = ['/', '\\'];

    private readonly string _root;
    private readonly char _separator;
    private readonly List<string> _segments = [];

    private FilePath(string path)
    {
        _separator = path.StartsWith("/", StringComparison.Ordinal) || path.IndexOf('\\') < 0 ? '/' : '\\';
        // A slash, a drive, or the two backslashes of a server.
        var root = path.Substring(0, RootLength(path));
        _root = root.Replace('/', _separator);
        // Only Windows takes both: a name on Unix may contain a backslash.
        Append(path.Substring(root.Length).Split(root == "/" ? Slash : BothSlashes));
    }

    private static int RootLength(string path)
    {
        if (path.Length == 0)
            return 0;
        if (path[0] is '/' or '\\')
            return path[0] == '\\' && path.Length > 1 && path[1] == '\\' ? 2 : 1;
        var hasDrive = path.Length > 1 && path[1] == ':' && path[0] is (>= 'A' and <= 'Z') or (>= 'a' and <= 'z');
        return !hasDrive ? 0 : path.Length > 2 && path[2] is '/' or '\\' ? 3 : 2;
    }

    /// <summary>The path without <c>.</c>, <c>..</c> and doubled separators: equal for one file, whichever way it was named.</summary>
    public static string Normalize(string path) => new FilePath(path).ToString();

    /// <summary>The path of what a file imports; the import is relative to the file and may have either separator.</summary>
    public static string OfImport(string importingPath, string import)
    {
        var path = new FilePath(importingPath);
        if (path._segments.Count > 0)
            path._segments.RemoveAt(path._segments.Count - 1);
        path.Append(import.Split(BothSlashes));
        return path.ToString();
    }

    /// <summary>The folder of a file.</summary>
    public static string FolderOf(string path) => OfImport(path, "");

    /// <summary>
    /// Of some files the one that has the name of a path, in whichever case and folder, or the name without the ending, or one that is
    /// spelled nearly so; null if none has.
    /// </summary>
    public static string? Namesake(string path, IEnumerable<string> files)
    {
        var named = files.ToLookup(file => Last(file) ?? "", StringComparer.OrdinalIgnoreCase);
        var name = Last(path) ?? "";
        var found = named.Contains(name) ? name
            : named.Contains(name + Ending) ? name + Ending
            : Spelling.Nearest(name, named.Select(files => files.Key));
        return found is null ? null : Nearest(path, named[found]);
    }

    /// <summary>Of some files the one to which the way from another is the shortest to write.</summary>
    public static string Nearest(string path, IEnumerable<string> files) => files
        .OrderBy(file => Relative(FolderOf(path), file).Length).ThenBy(file => file, StringComparer.Ordinal).First();

    /// <summary>The path as a file of that folder would write it, with <c>/</c>; the whole path where no way leads there.</summary>
    public static string Relative(string folder, string path)
    {
        var (start, end) = (new FilePath(folder), new FilePath(path));
        if (start._root != end._root)
            return end.ToString();
        var common = start._segments.Zip(end._segments, string.Equals).TakeWhile(static same => same).Count();
        return string.Join("/", Enumerable.Repeat("..", start._segments.Count - common).Concat(end._segments.Skip(common)));
    }

    private static string? Last(string path) => new FilePath(path)._segments.LastOrDefault();

    public override string ToString() => _root + string.Join(_separator.ToString(), _segments);

    private void Append(IEnumerable<string> segments)
    {
        foreach (var segment in segments.Where(static segment => segment is not ("" or ".")))
            if (segment != ".." || _root.Length == 0 && (_segments.Count == 0 || _segments[_segments.Count - 1] == ".."))
                _segments.Add(segment);
            else if (_segments.Count > 0)
                _segments.RemoveAt(_segments.Count - 1);
    }
}
