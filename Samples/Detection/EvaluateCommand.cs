using System;
using System.CommandLine;
using System.IO;
using System.Linq;
using KnDsl.Samples.Detection.Data;
using KnDsl.Samples.Detection.Detectors;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;
using KnDsl.Vision;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection;

/// <summary>The command <c>evaluate</c>.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var weights = new Argument<string>("weights")
        {
            Description = "weights.safetensors of a checkpoint, whose run tells the settings, or a state_dict of torchvision",
        };
        var command = new Command("evaluate", "COCO's twelve figures of boxes and, with Mask R-CNN, of masks.") { weights };
        var options = new SettingsOptions<EvaluateSettings>(command);
        command.SetAction(parsed => SettingsCommand.Report(parsed, () =>
        {
            var file = parsed.GetValue(weights)!;
            var run = RunCategories.RunOf(file);
            var below = run is null ? null : RunFolder.SettingsOf(run);
            return Run(file, run, options.Read(parsed, below, skipsUnknown: true), parsed.InvocationConfiguration.Output);
        }));
        return command;
    }

    private static int Run(string weights, string? run, EvaluateSettings settings, TextWriter output)
    {
        var device = ComputeDevice.Choose(settings.Device);
        var known = RunCategories.Read(settings.Categories, run);
        var split = CocoSplit.Open(
            settings.Data, settings.Split, settings.SkipDamaged ? BadEntries.Skip : BadEntries.Fatal,
            known?.Select(category => category.Name).ToArray());
        var labels = new LabelMap(known ?? split.Annotations.Categories, settings.Labels, Recipe.HasBackground(settings));
        using var detector = Recipe.Detector(settings, labels.Classes, device);
        InitialWeights.Load(detector.Network, weights);
        detector.Network.eval();
        using var noGradient = inference_mode();
        var images = new FirstImages(new CocoImages(split.Folder, split.Annotations, Recipe.Resized(settings)), settings.First);
        // One image at a time: what is around an image in a batch changes what is found at its edges.
        using var loader = new DataLoader<DetectionItem, DetectionBatch>(
            images, new DetectionCollator(Normalize.ImageNet, Train.Multiple, device),
            new()
            {
                BatchSize = 1, Damaged = settings.SkipDamaged ? DamagedItems.Skip : DamagedItems.Fatal,
            });
        using var alone = ProcessGroup.Single();
        var results = Evaluation.Detect(detector, images, loader, labels, device, alone);
        if (settings.Results is not null)
            Write(settings.Results, results);
        LeftOut.Tell(split.Annotations.Skipped, loader.Skipped, output);
        foreach (var (summary, what) in Evaluation.Summaries(results, images, detector.HasMasks).Zip(["boxes", "masks"]))
        {
            output.WriteLine($"{what} in {images.Count} images");
            output.Write(summary.ToString());
            foreach (var (category, ap, _) in summary.ByCategory)
                output.WriteLine(FormattableString.Invariant($"  {category.Name,-20} {ap:0.000}"));
        }
        return 0;
    }

    private static void Write(string file, System.Collections.Generic.IReadOnlyList<CocoResult> results)
    {
        try
        {
            CocoResults.Write(file, results);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunFileException(file, $"cannot be written: {e.Message}", e);
        }
    }
}
