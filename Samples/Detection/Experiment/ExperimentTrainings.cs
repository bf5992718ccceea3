using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Experiment;

/// <summary>
/// Trains what an experiment compares, by the commands <c>pretrain</c> and <c>train</c>, and goes on where one was interrupted.
/// </summary>
internal sealed class ExperimentTrainings(
    ExperimentSettings settings, ResultLog<ExperimentTrial, ExperimentResult> log, TextWriter output)
{
    private readonly string folder = Path.GetFullPath(settings.Output);

    /// <summary>Trains all that is not finished.</summary>
    /// <exception cref="RunFileException">A training failed; what was finished is kept.</exception>
    /// <exception cref="OperationCanceledException">It was told to stop.</exception>
    public async Task Run(CancellationToken stop)
    {
        // One seed after the other, so that an interrupted experiment has all cases.
        ExperimentTrial[] open =
        [
            .. from seed in Enumerable.Range(1, settings.Seeds)
               from of in ExperimentCase.All
               where settings.Norms.Count == 0 || settings.Norms.Contains(of.Norm)
               let trial = new ExperimentTrial(of, seed)
               where log.Find(trial) is null
               select trial,
        ];
        // Detectors from scratch begin while the last classifiers are trained; those that are fine-tuned wait for theirs.
        var classifiers = open.Where(trial => trial.Case.IsFinetuned).Select(trial => trial.Case.OfClassifier).Distinct()
            .ToDictionary(norm => norm, _ => new TaskCompletionSource());
        IEnumerable<Func<CancellationToken, Task>> trainings =
        [
            .. classifiers.Select(pair => (Func<CancellationToken, Task>)(async token =>
            {
                await Classifier(pair.Key, token).ConfigureAwait(false);
                pair.Value.SetResult();
            })),
            .. open.Where(trial => trial.Case.Processes == 1).Select(trial => (Func<CancellationToken, Task>)(async token =>
            {
                if (trial.Case.IsFinetuned)
                    await classifiers[trial.Case.OfClassifier].Task.WaitAsync(token).ConfigureAwait(false);
                await Detector(trial, token).ConfigureAwait(false);
            })),
        ];
        await Parallel.ForEachAsync(
            trainings, new ParallelOptions { MaxDegreeOfParallelism = settings.Workers, CancellationToken = stop },
            async (training, token) => await training(token).ConfigureAwait(false)).ConfigureAwait(false);
        foreach (var trial in open.Where(trial => trial.Case.Processes > 1))
            await Detector(trial, stop).ConfigureAwait(false);
    }

    private Task Classifier(NormKind norm, CancellationToken stop) => Train(
        NameOf(norm), "Classification", settings.PretrainEpochs,
        ["pretrain", "--norm", SettingNameAttribute.Of(norm), "--epochs", Text(settings.PretrainEpochs), "--flip", "0"], stop);

    private async Task Detector(ExperimentTrial trial, CancellationToken stop)
    {
        var of = trial.Case;
        string[] arguments =
        [
            "train", "--config", Path.Combine(AppContext.BaseDirectory, "presets", "generated-retinanet.json"),
            "--norm", SettingNameAttribute.Of(of.Norm),
            "--batch", Text(of.Images / of.Processes), "--processes", Text(of.Processes),
            "--epochs", Text(settings.Epochs), "--seed", Text(trial.Seed), "--microbatch", "none", "--evaluated", "none",
            "--short-side", Text(settings.ShortSide), "--long-side", Text(ExperimentSettings.LongSide),
        ];
        var weights = of.IsFinetuned ? WeightsOf(NameOf(of.OfClassifier)) : null;
        var watch = Stopwatch.StartNew();
        var run = await Train(
            trial.Name, "Detection", settings.Epochs, weights is null ? arguments : [.. arguments, "--weights", weights], stop)
            .ConfigureAwait(false);
        var last = Evaluations(run).LastOrDefault() ?? throw new RunFileException(
            run, "has no evaluation, and a checkpoint after its last epoch: remove the folder, and the same command trains it anew.");
        var result = new ExperimentResult(trial, last["AP"], last["AP50"], watch.Elapsed.TotalMinutes);
        log.Add(result);
        await output.WriteLineAsync(FormattableString.Invariant(
            $"{trial.Name}: AP {result.AP:0.000}, AP50 {result.AP50:0.000}, {result.Minutes:0.0} minutes")).ConfigureAwait(false);
    }

    /// <summary>Trains to the last epoch, unless it has been.</summary>
    /// <returns>The folder of the run.</returns>
    private async Task<string> Train(string name, string kind, int epochs, IEnumerable<string> arguments, CancellationToken stop)
    {
        var own = Path.Combine(folder, "trainings", name);
        RunFileException.MakeFolder(own);
        if (RunIn(own, kind) is { } finished && EpochsOf(finished) >= epochs)
            return finished;
        var logFile = Path.Combine(own, "log.txt");
        var code = await OwnProgram.Run(
            RunIn(own, kind) is { } begun && EpochsOf(begun) is not null
                ? [arguments.First(), "--resume", begun]
                : [.. arguments, "--data", Path.GetFullPath(settings.Data), "--runs", own, "--readers", "1", "--device", "cpu"],
            logFile, stop).ConfigureAwait(false);
        return code == 0 && RunIn(own, kind) is { } run ? run : throw new RunFileException(
            logFile, $"{name} ended with exit code {code}; what was finished is kept, and the same command goes on. Its last line: "
            + File.ReadLines(logFile).LastOrDefault("none"));
    }

    private static string NameOf(NormKind classifier) => $"classifier-{SettingNameAttribute.Of(classifier)}";

    /// <summary>The weights of a classifier after its last epoch.</summary>
    /// <exception cref="RunFileException">It has none.</exception>
    private string WeightsOf(string classifier)
    {
        var own = Path.Combine(folder, "trainings", classifier);
        return RunIn(own, "Classification") is { } run && LastCheckpointOf(run) is { } last
            ? Path.Combine(last, "weights.safetensors")
            : throw new RunFileException(own, "has no checkpoint: remove the folder, and the same command trains it anew.");
    }

    /// <summary>The last run of a training; one before it ended without a checkpoint.</summary>
    private static string? RunIn(string own, string kind)
    {
        var runs = Path.Combine(own, kind);
        return Directory.Exists(runs) ? Directory.GetDirectories(runs).Order(StringComparer.Ordinal).LastOrDefault() : null;
    }

    /// <summary>The last checkpoint of a run; null if it has none.</summary>
    private static string? LastCheckpointOf(string run)
    {
        var checkpoints = Path.Combine(run, "checkpoints");
        return Directory.Exists(checkpoints)
            ? Directory.GetDirectories(checkpoints, "step-*").Order(StringComparer.Ordinal).LastOrDefault() : null;
    }

    /// <summary>The epochs of a run's last checkpoint, which is written after they are evaluated; null if it has none.</summary>
    private static int? EpochsOf(string run)
    {
        if (LastCheckpointOf(run) is not { } last)
            return null;
        using var state = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(last, "state.json")));
        return state.RootElement.GetProperty("progress").GetProperty("position").GetProperty("epoch").GetInt32();
    }

    /// <summary>The figures after each epoch.</summary>
    private static List<Dictionary<string, double>> Evaluations(string run)
    {
        var file = Path.Combine(run, "evaluations.csv");
        if (!File.Exists(file))
            return [];
        string[][] rows = [.. File.ReadLines(file).Select(line => line.Split(','))];
        return [.. rows.Skip(1).Select(row => rows[0].Zip(row).ToDictionary(cell => cell.First, cell => double.TryParse(
            cell.Second, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN))];
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
