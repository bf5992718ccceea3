using System;
using System.Globalization;
using KnDsl.Training;

namespace KnDsl.Samples.Study.Trials;

/// <summary>The purpose of a training of the study.</summary>
internal enum Purpose
{
    /// <summary>Choosing a learning rate: a shorter training, judged on images held back from the training set.</summary>
    Rate,

    /// <summary>Comparing methods: the whole training, judged on the test set.</summary>
    Comparison,
}

/// <summary>What is learned, by what, in what steps.</summary>
/// <param name="Network">The name of a network.</param>
/// <param name="Set">The name of a set of images.</param>
/// <param name="Batch">Images per step: the weights are updated after each.</param>
internal readonly record struct StudyTask(string Network, string Set, int Batch)
{
    /// <summary>The task in words, for tables.</summary>
    public override string ToString() => $"{Network}, {Set}{(Batch == Trial.WholeBatch ? "" : $", steps of {Batch}")}";
}

/// <summary>One training of the study.</summary>
/// <param name="Purpose">Its purpose.</param>
/// <param name="Task">What is trained.</param>
/// <param name="Method">The name of a contestant.</param>
/// <param name="Samples">Samples per statistic; 0 is the whole batch, or a method without that choice.</param>
/// <param name="Rate">
/// The highest learning rate, for a batch of <see cref="WholeBatch"/>; that of smaller batches is less in proportion.
/// </param>
/// <param name="Seed">Determines the first weights and the order of the images.</param>
internal sealed record Trial(Purpose Purpose, StudyTask Task, string Method, int Samples, double Rate, int Seed)
{
    /// <summary>Images per step where nothing else is said.</summary>
    public const int WholeBatch = 64;

    /// <summary>The trial in words, for progress: <c>residual, fashion: kalman, 2 samples, rate 0.1, seed 1</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Task}: {Method}{(Samples == 0 ? "" : $", {Samples} samples")}, rate {Rate}, seed {Seed}"
        + $"{(Purpose == Purpose.Rate ? " (choosing the rate)" : "")}");

    /// <summary>The columns of a line of CSV.</summary>
    public const string Columns = "purpose,network,set,batch,method,samples,rate,seed";

    /// <summary>The number of those columns.</summary>
    public const int Fields = 8;

    /// <summary>A line of CSV, as <see cref="Read"/> reads it.</summary>
    public string ToLine() => string.Create(
        CultureInfo.InvariantCulture, $"{Purpose},{Task.Network},{Task.Set},{Task.Batch},{Method},{Samples},{Rate},{Seed}");

    /// <summary>Reads a trial from its line; null if the line is not one.</summary>
    public static Trial? Read(string line)
    {
        var fields = line.Split(',');
        return fields.Length == Fields
            && Enum.TryParse(fields[0], out Purpose purpose)
            && int.TryParse(fields[3], CultureInfo.InvariantCulture, out var batch)
            && int.TryParse(fields[5], CultureInfo.InvariantCulture, out var samples)
            && double.TryParse(fields[6], CultureInfo.InvariantCulture, out var rate)
            && int.TryParse(fields[7], CultureInfo.InvariantCulture, out var seed)
                ? new Trial(purpose, new StudyTask(fields[1], fields[2], batch), fields[4], samples, rate, seed)
                : null;
    }
}

/// <summary>The result of a trial.</summary>
/// <param name="Trial">The trial.</param>
/// <param name="Error">The error after the last epoch, in percent.</param>
/// <param name="Loss">Training loss of the last epoch; NaN if the training diverged.</param>
/// <param name="Elapsed">The time that training and test took.</param>
internal sealed record TrialResult(Trial Trial, double Error, double Loss, TimeSpan Elapsed)
{
    /// <summary>How results are kept, so that an interrupted study can be continued.</summary>
    public static ResultFormat<Trial, TrialResult> Format { get; } = new(
        $"{Trial.Columns},error,loss,seconds", result => result.Trial, result => result.ToLine(), Read);

    /// <summary>A line of CSV, as <see cref="Read"/> reads it.</summary>
    public string ToLine() => string.Create(
        CultureInfo.InvariantCulture, $"{Trial.ToLine()},{Error:F2},{Loss:F4},{Elapsed.TotalSeconds:F1}");

    /// <summary>Reads a result from its line; null if the line is not one.</summary>
    public static TrialResult? Read(string line)
    {
        var fields = line.Split(',');
        return fields.Length == Trial.Fields + 3
            && Trial.Read(string.Join(',', fields[..Trial.Fields])) is { } trial
            && double.TryParse(fields[^3], CultureInfo.InvariantCulture, out var error)
            && double.TryParse(fields[^2], CultureInfo.InvariantCulture, out var loss)
            && double.TryParse(fields[^1], CultureInfo.InvariantCulture, out var seconds)
                ? new TrialResult(trial, error, loss, TimeSpan.FromSeconds(seconds))
                : null;
    }
}

/// <summary>A study cannot continue; the message says why and what would help.</summary>
internal sealed class StudyException(string message) : Exception(message), IReportedProblem;
