using System.Globalization;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Experiment;

/// <summary>What a training gave, on all images of val after its last epoch.</summary>
/// <param name="Trial">The training.</param>
/// <param name="AP">COCO's AP of boxes.</param>
/// <param name="AP50">The same at an IoU of 0.5.</param>
/// <param name="Minutes">What it took, of one core or, with two processes, of two.</param>
internal sealed record ExperimentResult(ExperimentTrial Trial, double AP, double AP50, double Minutes)
{
    /// <summary>How results are kept, so that an interrupted experiment goes on.</summary>
    public static ResultFormat<ExperimentTrial, ExperimentResult> Format { get; } = new(
        "training,ap,ap50,minutes", result => result.Trial, result => result.ToLine(), Read);

    private string ToLine() =>
        string.Create(CultureInfo.InvariantCulture, $"{Trial.Name},{AP:0.00000},{AP50:0.00000},{Minutes:0.0}");

    private static ExperimentResult? Read(string line) =>
        line.Split(',') is [var name, var ap, var ap50, var minutes] && ExperimentTrial.Find(name) is { } trial
            && Number(ap) is { } first && Number(ap50) is { } second && Number(minutes) is { } third
            ? new(trial, first, second, third) : null;

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
