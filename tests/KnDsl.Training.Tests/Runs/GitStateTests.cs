using System;
using System.Diagnostics;
using System.IO;
using Xunit;

namespace KnDsl.Training.Tests.Runs;

/// <summary>Compares with what git says. Where git is not installed there is nothing to compare with.</summary>
public sealed class GitStateTests : IDisposable
{
    private static readonly bool HasGit = Find();

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_without_a_repository_has_no_state() => Assert.Null(GitState.Of(_folder.Path));

    [Fact]
    public void A_clean_tree_and_a_changed_one_are_told_apart()
    {
        if (!HasGit)
            return;
        Begin();
        Assert.Equal(new GitState(_folder.Path, null, false), GitState.Of(_folder.Path));
        Commit();
        Same(_folder.Path, isDirty: false);
        Directory.CreateDirectory(_folder["deep", "er"]);
        Assert.Equal(GitState.Of(_folder.Path), GitState.Of(_folder["deep", "er"]));
        // What git does not track is no change: a run's own folder would be one.
        _folder.Write("other.txt", "");
        Same(_folder.Path, isDirty: false);
        _folder.Write("a.txt", "changed");
        Same(_folder.Path, isDirty: true);
    }

    [Theory]
    [InlineData("pack-refs --all")]
    [InlineData("checkout -q --detach")]
    [InlineData("checkout -q -b with/slash")]
    [InlineData("gc -q")]
    public void The_commit_is_read_however_git_keeps_it(string command)
    {
        if (!HasGit)
            return;
        Begin();
        Commit();
        Git(command);
        Same(_folder.Path, isDirty: false);
    }

    [Fact]
    public void A_linked_working_tree_has_a_commit_of_its_own()
    {
        if (!HasGit)
            return;
        Begin();
        Commit();
        Git("worktree add -q linked");
        File.WriteAllText(_folder["linked", "a.txt"], "x");
        Git("-C linked commit -q -a -m second");
        Git("pack-refs --all");
        Same(_folder["linked"], isDirty: false);
        Assert.NotEqual(GitState.Of(_folder.Path)!.Commit, GitState.Of(_folder["linked"])!.Commit);
    }

    [Fact]
    public void Without_git_the_commit_is_known_and_changes_are_not()
    {
        if (!HasGit)
            return;
        Begin();
        Commit();
        Assert.Equal(
            new GitState(_folder.Path, Git("rev-parse HEAD"), null), GitState.Of(_folder.Path, "no-such-program-of-git"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("gitdir: /none/of/these")]
    [InlineData("gitdir:")]
    public void A_damaged_repository_is_no_reason_to_fail(string link)
    {
        File.WriteAllText(_folder[".git"], link);
        Assert.Null(GitState.Of(_folder.Path)?.Commit);
    }

    private void Same(string tree, bool isDirty) =>
        Assert.Equal(new GitState(tree, Git($"-C {tree} rev-parse HEAD"), isDirty), GitState.Of(tree));

    private void Begin() => Git("init -q");

    private void Commit()
    {
        _folder.Write("a.txt", "a");
        Git("add a.txt");
        Git("commit -q -m first");
    }

    private string Git(string arguments)
    {
        var start = new ProcessStartInfo("git", $"-c user.name=a -c user.email=a@b -c commit.gpgsign=false {arguments}")
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
        };
        using var git = Process.Start(start)!;
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        return output.Trim();
    }

    private static bool Find()
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", "--version") { RedirectStandardOutput = true })!;
            git.WaitForExit();
            return true;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
