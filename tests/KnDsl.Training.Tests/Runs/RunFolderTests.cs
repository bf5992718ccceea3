using System;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using System.Threading.Tasks;
using KnDsl.Training.Tests.Progress;
using Xunit;

namespace KnDsl.Training.Tests.Runs;

public sealed class RunFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_has_its_settings_its_environment_and_a_place_for_checkpoints()
    {
        using var run = Create(new RunSettings { Epochs = 7 });
        Assert.Matches(@"^tiny.\d{8}-\d{6}$", Path.GetRelativePath(_folder.Path, run.FullPath));
        Assert.False(run.IsResumed);
        Assert.Equal(7, SettingsFile.Read<RunSettings>(run["settings.json"]).Epochs);
        Assert.True(Directory.Exists(run.Checkpoints));

        var start = Assert.Single(Starts(run))!;
        Assert.Equal("cpu", (string)start["device"]!);
        Assert.Matches(@"^\d+\.\d+\.\d+", (string)start["kndsl"]!);
        Assert.StartsWith("0.107", (string)start["torchsharp"]!);
        Assert.StartsWith("2.10", (string)start["libtorch"]!);
        Assert.Equal(Environment.Version.ToString(), (string)start["dotnet"]!);
        Assert.Equal(Environment.ProcessorCount, (int)start["cores"]!);
        Assert.Equal(Environment.GetCommandLineArgs(), start["command-line"]!.AsArray().Select(argument => (string)argument!));
        Assert.Null(start["changed-settings"]);
    }

    [Fact]
    public void Runs_that_begin_in_one_instant_have_folders_of_their_own()
    {
        var runs = new RunFolder[16];
        Parallel.For(0, runs.Length, i => runs[i] = Create(new RunSettings { Epochs = i + 1 }));
        Assert.Equal(runs.Length, runs.Select(run => run.FullPath).Distinct().Count());
        Assert.Equal(
            Enumerable.Range(1, runs.Length), runs.Select(run => SettingsFile.Read<RunSettings>(run["settings.json"]).Epochs));
        Assert.All(runs, run => Assert.Matches(@"^\d{8}-\d{6}(-\d+)?$", Path.GetFileName(run.FullPath)));
        foreach (var run in runs)
            run.Dispose();
        Assert.All(runs, run => Assert.False(File.Exists(run["run.lock"])));
    }

    [Fact]
    public void Of_two_processes_one_has_a_folder_that_both_make()
    {
        using var one = RunFolder.TryClaim(_folder["a"]);
        Assert.NotNull(one);
        Assert.Null(RunFolder.TryClaim(_folder["a"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("/a")]
    [InlineData("a\0b")]
    public void A_name_that_leaves_the_root_is_refused(string name) =>
        Assert.Throws<ArgumentException>(() => RunFolder.Create(name, new RunSettings(), root: _folder.Path));

    [Fact]
    public void A_name_may_have_folders()
    {
        using var run = RunFolder.Create("fashion/study", new RunSettings(), root: _folder.Path);
        Assert.StartsWith(_folder["fashion", "study"], run.FullPath);
    }

    [Fact]
    public void A_root_that_cannot_be_written_is_named()
    {
        var root = _folder.Write("file", "");
        var e = Assert.Throws<RunFileException>(() => RunFolder.Create("a", new RunSettings(), root: root));
        Assert.StartsWith(root, e.Message);
        if (!OperatingSystem.IsLinux())
            return;
        e = Assert.Throws<RunFileException>(() => RunFolder.Create("a", new RunSettings(), root: "/sys/runs"));
        Assert.StartsWith("/sys/runs/a/", e.Message);
    }

    [Fact]
    public void A_run_goes_on_with_its_settings_and_notes_the_start()
    {
        string path, before;
        using (var run = Create(new RunSettings()))
            (path, before) = (run.FullPath, File.ReadAllText(run["settings.json"]));
        using (var run = RunFolder.Resume(path, new RunSettings { Data = "elsewhere" }))
        {
            Assert.True(run.IsResumed);
            Assert.Equal(path, run.FullPath);
            // A start that fails before the first step leaves the settings as they are.
            Assert.Equal(before, File.ReadAllText(run["settings.json"]));
            run.Observers().Started(SimulatedTraining.Plan());
            Assert.Equal("elsewhere", SettingsFile.Read<RunSettings>(run["settings.json"]).Data);
            Assert.Equal(2, Starts(run).Count);
            Assert.Equal("data: here, now elsewhere", (string)Starts(run)[1]!["changed-settings"]![0]!);
        }
        using (var run = RunFolder.Resume(path + "/", new RunSettings()))
        {
            run.Observers().Started(SimulatedTraining.Plan());
            Assert.Equal(before, File.ReadAllText(run["settings.json"]));
            Assert.Equal(3, Starts(run).Count);
        }
    }

    [Fact]
    public void Settings_that_differ_are_refused_unless_told_otherwise()
    {
        string path;
        using (var run = Create(new RunSettings()))
            path = run.FullPath;
        var now = new RunSettings { Epochs = 20, LearningRate = 0.3, Data = "elsewhere" };
        var e = Assert.Throws<SettingsException>(() => RunFolder.Resume(path, now));
        Assert.Equal(
            [
                $"{path}{Path.DirectorySeparatorChar}settings.json: epochs is 10 in this run, and would be 20.",
                $"{path}{Path.DirectorySeparatorChar}settings.json: learning-rate is 0.1 in this run, and would be 0.3.",
                "Leave them out to go on as before, or add --allow-changes.",
            ],
            e.Problems);
        using (var run = RunFolder.Resume(path, now, allowChanges: true))
        {
            run.Observers().Started(SimulatedTraining.Plan());
            Assert.Equal(20, SettingsFile.Read<RunSettings>(run["settings.json"]).Epochs);
            Assert.Equal(3, Starts(run)[1]!["changed-settings"]!.AsArray().Count);
        }
    }

    [Fact]
    public void A_run_that_is_open_is_refused_and_one_whose_process_died_is_not()
    {
        var run = Create(new RunSettings());
        var e = Assert.Throws<RunFileException>(() => RunFolder.Resume(run.FullPath, new RunSettings()));
        Assert.Equal($"{run.FullPath}: another process works on this run. End it, or begin another run.", e.Message);
        run.Dispose();
        // What a process that is killed leaves.
        File.WriteAllText(run["run.lock"], "");
        RunFolder.Resume(run.FullPath, new RunSettings()).Dispose();
    }

    [Fact]
    public void What_is_no_run_is_refused_with_what_was_meant()
    {
        string path;
        using (var run = Create(new RunSettings()))
            path = run.FullPath;
        Refused(_folder["tiny"], $"this is no folder of a run, which has settings.json. Did you mean {path}?");
        Refused(Path.Combine(path, "checkpoints"), $"this is no folder of a run, which has settings.json. Did you mean {path}?");
        Refused(_folder.Path, "this is no folder of a run, which has settings.json.");
        Refused(_folder["none"], "there is no such folder, expected the folder of a run.");

        void Refused(string folder, string message) => Assert.Equal(
            $"{folder}: {message}",
            Assert.Throws<RunFileException>(() => RunFolder.Resume(folder, new RunSettings())).Message);
    }

    [Fact]
    public void A_damaged_note_on_the_environment_does_not_keep_a_run_from_going_on()
    {
        string path;
        using (var run = Create(new RunSettings()))
            path = run.FullPath;
        File.WriteAllText(Path.Combine(path, "environment.json"), "{ \"starts\": [");
        using (var run = RunFolder.Resume(path, new RunSettings()))
            Assert.Single(Starts(run));
        Assert.Equal("{ \"starts\": [", File.ReadAllText(Path.Combine(path, "environment.json.damaged")));
    }

    [Fact]
    public void A_run_is_followed_by_logs_and_a_picture()
    {
        using var run = Create(new RunSettings());
        var observers = run.Observers(new ConsoleProgress(new StringWriter()));
        SimulatedTraining.Run(observers, 0, 20);
        observers.Ended(TrainingEnd.Finished, SimulatedTraining.At(20));
        Assert.Equal(
            ["checkpoints", "curves.png", "environment.json", "evaluations.csv", "run.lock", "settings.json", "steps.csv", "tensorboard"],
            Directory.GetFileSystemEntries(run.FullPath).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(20, CsvLog.ReadSteps(run.FullPath).Count());
    }

    [Fact]
    public void A_command_begins_a_run_and_goes_on_with_it()
    {
        var (code, first) = Run("--epochs", "3", "--config", _folder.Write("c.json", """{ "learning-rate": 0.5 }"""));
        Assert.Equal((0, 3, 0.5, false), (code, first!.Epochs, first.Rate, first.IsResumed));

        var (again, second) = Run("--resume", first.Path, "--data", "elsewhere");
        Assert.Equal((0, 3, 0.5, true), (again, second!.Epochs, second.Rate, second.IsResumed));
        Assert.Equal(first.Path, second.Path);

        Assert.Equal((1, null), Run("--resume", first.Path, "--epochs", "4"));
        Assert.Contains("epochs is 3 in this run, and would be 4.", _error.ToString());
        Assert.Equal(4, Run("--resume", first.Path, "--epochs", "4", "--allow-changes").Seen!.Epochs);

        Assert.Equal((1, null), Run("--allow-changes"));
        Assert.Contains("--allow-changes goes with --resume.", _error.ToString());
        Assert.Equal((1, null), Run("--resume", _folder["none"]));
        Assert.Contains($"{_folder["none"]}: there is no such folder", _error.ToString());
    }

    [Fact]
    public void A_setting_that_the_program_no_longer_has_is_refused_unless_told_otherwise()
    {
        string path;
        using (var run = Create(new RunSettings()))
            path = run.FullPath;
        var file = Path.Combine(path, "settings.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"epochs\": 10", "\"epochs\": 5,\n  \"old\": 1"));
        Assert.Equal((1, null), Run("--resume", path));
        Assert.Contains("(4): old is no setting.", _error.ToString());
        Assert.Equal(5, Run("--resume", path, "--allow-changes").Seen!.Epochs);
    }

    private StringWriter _error = new();

    private (int Code, Seen? Seen) Run(params string[] args)
    {
        Seen? seen = null;
        _error = new StringWriter();
        var code = TrainingCommand.Create<RunSettings>("Tries.", start =>
        {
            using var run = start.OpenRun("tiny", "cpu", _folder.Path);
            seen = new Seen(run.FullPath, start.Settings.Epochs, start.Settings.LearningRate, run.IsResumed);
            return 0;
        }).Run(args, new InvocationConfiguration { Error = _error, Output = new StringWriter() });
        return (code, seen);
    }

    private RunFolder Create(RunSettings settings) => RunFolder.Create("tiny", settings, "cpu", _folder.Path);

    private static JsonArray Starts(RunFolder run) => JsonNode.Parse(File.ReadAllText(run["environment.json"]))!["starts"]!.AsArray();

    private sealed record Seen(string Path, int Epochs, double Rate, bool IsResumed);

    public sealed record RunSettings
    {
        [MayChange]
        public string Data { get; init; } = "here";

        public int Epochs { get; init; } = 10;

        public double LearningRate { get; init; } = 0.1;
    }
}
