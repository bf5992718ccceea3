using System;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading;

namespace KnDsl.Training;

/// <summary>What git knows of the folder that a program was started in.</summary>
/// <param name="Folder">The folder of the working tree.</param>
/// <param name="Commit">The commit that is checked out; null before the first one.</param>
/// <param name="IsDirty">Whether files that git tracks were changed; null where git is not installed or takes too long.</param>
public sealed record GitState(string Folder, string? Commit, bool? IsDirty)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The state of the working tree that holds a folder; null where none does.</summary>
    public static GitState? Of(string folder) => Of(folder, "git");

    /// <param name="folder">The folder.</param>
    /// <param name="program">The program git.</param>
    internal static GitState? Of(string folder, string program)
    {
        try
        {
            for (var at = new DirectoryInfo(Path.GetFullPath(folder)); at is not null; at = at.Parent)
            {
                if (GitFolder(at.FullName) is not { } git)
                    continue;
                var commit = CommitOf(git) ?? Hash(Ask(program, at.FullName, "rev-parse", "HEAD"));
                return new GitState(at.FullName, commit, Dirty(program, at.FullName));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A repository of somebody else: nothing is known of it.
        }
        return null;
    }

    /// <summary>The folder with git's own files: <c>.git</c>, or what the file of that name in a linked working tree says.</summary>
    private static string? GitFolder(string tree)
    {
        var git = Path.Combine(tree, ".git");
        const string link = "gitdir:";
        return File.Exists(Path.Combine(git, "HEAD")) ? git
            : File.Exists(git) && File.ReadAllText(git).Trim() is var text && text.StartsWith(link, StringComparison.Ordinal)
                ? Path.Combine(tree, text[link.Length..].Trim())
                : null;
    }

    /// <summary>Reads the commit as git does: HEAD is a commit or names a branch, which is a file or a line of packed-refs.</summary>
    private static string? CommitOf(string git)
    {
        const string reference = "ref:";
        var head = Text(Path.Combine(git, "HEAD"));
        if (head?.StartsWith(reference, StringComparison.Ordinal) != true)
            return Hash(head);
        var branch = head[reference.Length..].Trim();
        // Linked working trees share branches.
        var common = Text(Path.Combine(git, "commondir")) is { } other ? Path.Combine(git, other) : git;
        var packed = Path.Combine(common, "packed-refs");
        var lines = File.Exists(packed) ? File.ReadLines(packed) : [];
        return Hash(Text(Path.Combine(common, branch)))
            ?? Hash(lines.FirstOrDefault(line => line.EndsWith(' ' + branch, StringComparison.Ordinal)));
    }

    private static string? Text(string path) => File.Exists(path) ? File.ReadAllText(path).Trim() : null;

    private static string? Hash(string? text) =>
        text is not null && Regex.Match(text, "^([0-9a-f]{40}|[0-9a-f]{64})(?![0-9a-f])") is { Success: true } match ? match.Value : null;

    /// <summary>Which files were changed needs git's index and every file: that is left to git.</summary>
    private static bool? Dirty(string program, string tree) =>
        // Files that git does not track are not told apart from results, such as the run itself.
        Ask(program, tree, "status", "--porcelain", "--untracked-files=no") is { } changes ? changes.Trim().Length > 0 : null;

    private static string? Ask(string program, string tree, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, ["-C", tree, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // It must not wait for, nor take, the lock of somebody who works there.
            Environment = { ["GIT_OPTIONAL_LOCKS"] = "0", ["GIT_TERMINAL_PROMPT"] = "0" },
        };
        try
        {
            using var git = Process.Start(start)!;
            // A thread of its own: those of the pool may all be busy at the start of a program.
            var (output, lines) = ("", git.StandardOutput);
            var reader = new Thread(() => output = lines.ReadToEnd()) { IsBackground = true };
            reader.Start();
            if (reader.Join(Patience) && git.WaitForExit(Patience))
                return git.ExitCode == 0 ? output : null;
            git.Kill(entireProcessTree: true);
            return null;
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            return null;
        }
    }
}
