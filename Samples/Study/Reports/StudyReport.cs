using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using KnDsl.Samples.Study.Trials;
using KnDsl.Training;
using Spectre.Console;

namespace KnDsl.Samples.Study.Reports;

/// <summary>The study as tables: for each task one row per method and one column per number of samples, and the differences.</summary>
internal static class StudyReport
{
    /// <summary>Writes the tables as Markdown, together with the settings of the study.</summary>
    public static void Save(string path, IReadOnlyList<Entry> entries, StudyOptions options)
    {
        var plan = options.Plan;
        List<string> lines =
        [
            $"{options.Settings}; SGD with momentum 0.9, weight decay 1e-4 on weights, a warm-up of 50 steps of "
            + $"{Trial.WholeBatch} images, then half a cosine.",
            $"{entries.Sum(entry => entry.Errors.Count)} of {plan.Count(Purpose.Comparison)} trainings were run"
            + (plan.Rates.Count == 1 ? "." : ", and those that choose rates."),
            "",
            "Test error of the last epoch in percent: mean of the seeds (least to greatest), number of seeds, learning rate. "
            + (plan.Rates.Count == 1 ? "" : $"The rate is chosen from {string.Join(", ", plan.Rates.Select(Text))} by the error after "
            + "half the epochs, the mean of two seeds, on a sixth of the training images, which was held back. ")
            + "A method without a number of samples has one figure, in the first column.",
            "",
            "Differences are between trainings of equal seeds, in points: below 0 the first method is better. The interval is a "
            + "bootstrap over seeds, 95 %.",
        ];
        foreach (var (task, own) in Tasks(entries))
        {
            var columns = Columns(own);
            lines.AddRange(
            [
                "", $"## {task}", "",
                $"| statistics of | {string.Join(" | ", columns.Select(n => Column(n, task)))} |",
                $"|---|{string.Concat(columns.Select(_ => "---|"))}",
                .. Rows(own).Select(row => $"| {row[0].Case.Contestant.Name} | {string.Join(" | ", Cells(row, columns))} |"),
            ]);
            (Claim Claim, Difference Difference)[] differences = [.. Claim.Of(own)];
            if (differences.Length > 0)
            {
                lines.AddRange(
                [
                    "", "| difference | mean | interval | seeds |", "|---|---|---|---|",
                    .. differences.Select(
                        found => $"| {Words(found.Claim.Method)} - {Words(found.Claim.Than)} | {Points(found.Difference)} |"),
                ]);
            }
        }

        RunFile.Write(path, string.Join('\n', lines) + "\n");
    }

    /// <summary>Shows the tables on a console.</summary>
    public static void Show(IAnsiConsole console, IReadOnlyList<Entry> entries)
    {
        foreach (var (task, own) in Tasks(entries))
        {
            var columns = Columns(own);
            var table = new Table().Border(TableBorder.Rounded).Title(task.ToString());
            table.AddColumn("error %, statistics of");
            foreach (var samples in columns)
                table.AddColumn(new TableColumn(Column(samples, task)).RightAligned());
            foreach (var row in Rows(own))
                table.AddRow([row[0].Case.Contestant.Name, .. Cells(row, columns)]);
            console.Write(table);
        }
    }

    /// <summary>The entries of each task.</summary>
    public static IEnumerable<(StudyTask Task, Entry[] Entries)> Tasks(IReadOnlyList<Entry> entries) =>
        entries.GroupBy(entry => entry.Case.Task).Select(group => (group.Key, group.ToArray()));

    /// <summary>The numbers of samples, the whole batch last.</summary>
    public static int[] Columns(IReadOnlyList<Entry> entries)
    {
        int[] columns =
        [
            .. entries.Where(entry => entry.Case.Contestant.DependsOnSamples).Select(entry => entry.Case.Samples).Distinct()
                .OrderBy(n => n == 0 ? int.MaxValue : n),
        ];
        return columns.Length == 0 ? [0] : columns;
    }

    private static IEnumerable<Entry[]> Rows(IEnumerable<Entry> entries) =>
        entries.GroupBy(entry => entry.Case.Contestant.Name).Select(row => row.ToArray());

    private static IEnumerable<string> Cells(Entry[] row, int[] columns) => columns.Select((samples, at) => row.FirstOrDefault(
        entry => entry.Case.Contestant.DependsOnSamples ? entry.Case.Samples == samples : at == 0) is { } entry ? Cell(entry) : "");

    private static string Column(int samples, StudyTask task) => samples switch
    {
        0 => $"the whole batch of {task.Batch}",
        1 => "1 image",
        _ => $"{samples} images",
    };

    private static string Cell(Entry entry) => string.Create(
        CultureInfo.InvariantCulture,
        $"{entry.Mean:F1} ({entry.Spread.Least:F1} to {entry.Spread.Greatest:F1}), {entry.Errors.Count}, {entry.Rate}"
        + $"{(entry.Diverged > 0 ? $", {entry.Diverged} diverged" : "")}");

    private static string Words((string Method, int Samples) side) => side.Samples == 0
        ? side.Method is "kalman" or "batch" ? $"{side.Method}, whole batch" : side.Method
        : $"{side.Method}, {side.Samples}";

    private static string Points(Difference found) => string.Create(
        CultureInfo.InvariantCulture,
        $"{found.Mean:+0.0;-0.0;0.0} | {found.Low:+0.0;-0.0;0.0} to {found.High:+0.0;-0.0;0.0} | {found.Seeds}");

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
