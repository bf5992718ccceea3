using System;
using System.CommandLine;
using System.IO;
using KnDsl.Samples.Detection.Data;
using KnDsl.Training;
using KnDsl.Vision;

namespace KnDsl.Samples.Detection.Experiment;

/// <summary>The command <c>experiment</c>: what the paper compares on COCO, in small.</summary>
internal static class ExperimentCommand
{
    private const int Interrupted = 130;

    public static Command Create()
    {
        var command = new Command(
            "experiment", "Compares normalizations in RetinaNet as the paper does: 1 and 2 images, from scratch and from a classifier.");
        var options = new SettingsOptions<ExperimentSettings>(command);
        command.SetAction(parsed => SettingsCommand.Report(
            parsed, () => Run(options.Read(parsed), parsed.InvocationConfiguration.Output)));
        return command;
    }

    private static int Run(ExperimentSettings settings, TextWriter output)
    {
        // Before anything is made: a missing folder should be the first thing that the user sees.
        foreach (var split in new[] { "train", "val" })
            _ = CocoSplit.Open(settings.Data, split, BadEntries.Fatal);
        var folder = Path.GetFullPath(settings.Output);
        RunFileException.MakeFolder(folder);
        var log = new ResultLog<ExperimentTrial, ExperimentResult>(
            Path.Combine(folder, "trainings.csv"), settings.Shape, ExperimentResult.Format);
        var code = 0;
        if (!settings.Report)
        {
            using var interruption = new Interruption();
            try
            {
                new ExperimentTrainings(settings, log, output).Run(interruption.Token).GetAwaiter().GetResult();
            }
            catch (OperationCanceledException)
            {
                output.WriteLine("Interrupted; the same command goes on.");
                code = Interrupted;
            }
        }
        ExperimentReport.Save(folder, log.Results);
        output.Write(ExperimentReport.Table(log.Results));
        output.WriteLine($"Table, picture and figures are in {folder}");
        return code;
    }
}
