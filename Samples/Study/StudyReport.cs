using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Spectre.Console;

namespace KnDsl.Samples.Study;

/// <summary>The study as a table: one row per contestant, one column per number of samples.</summary>
internal static class StudyReport
{
    /// <summary>Writes the table as Markdown, together with the settings of the study.</summary>
    public static void Save(string path, IReadOnlyList<Entry> entries, StudyOptions options)
    {
        var plan = options.Plan;
        List<string> lines =
        [
            $"{options.Settings}; network ResNetCifar; SGD with momentum 0.9, weight decay 1e-4 on weights, 50 steps of warm-up, "
            + "then half a cosine.",
            $"Test error of the last epoch in percent, mean of {plan.Seeds} seeds (least to greatest), and the learning rate, chosen "
            + $"from {string.Join(", ", plan.Rates.Select(Text))} by the error after half the epochs on a sixth of the training images, "
            + "which was held back.",
            "",
            $"| statistics of | {string.Join(" | ", plan.Samples.Select(Column))} |",
            $"|---|{string.Concat(plan.Samples.Select(_ => "---|"))}",
        ];
        lines.AddRange(plan.Contestants.Select(contestant =>
            $"| {contestant.Name} | {string.Join(" | ", Cells(contestant, entries, plan).Select(e => e is null ? "" : Cell(e)))} |"));
        lines.Add("");
        lines.Add("A method without a number of samples has one figure, in the first column.");
        File.WriteAllText(path, string.Join('\n', lines) + "\n");
    }

    /// <summary>Shows the table on a console.</summary>
    public static void Show(IAnsiConsole console, IReadOnlyList<Entry> entries, StudyPlan plan)
    {
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumn("error %, statistics of");
        foreach (var samples in plan.Samples)
            table.AddColumn(new TableColumn(Column(samples)).RightAligned());
        foreach (var contestant in plan.Contestants)
            table.AddRow([contestant.Name, .. Cells(contestant, entries, plan).Select(e => e is null ? "" : Cell(e))]);
        console.Write(table);
    }

    private static IEnumerable<Entry?> Cells(Contestant contestant, IReadOnlyList<Entry> entries, StudyPlan plan) =>
        plan.Samples.Select((samples, at) => entries.FirstOrDefault(
            e => e.Contestant == contestant && (contestant.DependsOnSamples ? e.Samples == samples : at == 0)));

    private static string Column(int samples) => samples switch
    {
        0 => $"the whole batch of {TrialTraining.Batch}",
        1 => "1 image",
        _ => $"{samples} images",
    };

    private static string Cell(Entry entry) => string.Create(
        CultureInfo.InvariantCulture,
        $"{entry.Mean:F1} ({entry.Spread.Least:F1} to {entry.Spread.Greatest:F1}), {entry.Rate}");

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
