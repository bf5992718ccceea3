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
    public static Command Create() => WeightsCommand.Create<EvaluateSettings>(
        "evaluate", "COCO's twelve figures of boxes and, with Mask R-CNN, of masks.", Run);

    private static int Run(GivenWeights<EvaluateSettings> given)
    {
        var (settings, output) = (given.Settings, given.Output);
        var device = settings.Compute.Choose();
        var known = RunCategories.Read(settings.Categories, given.Run);
        var split = CocoSplit.Open(
            settings.Data, settings.Split, settings.SkipDamaged ? BadEntries.Skip : BadEntries.Fatal,
            known?.Select(category => category.Name).ToArray());
        var labels = new LabelMap(known ?? split.Annotations.Categories, settings.Labels, Recipe.HasBackground(settings));
        using var detector = Recipe.Detector(settings, labels.Classes, device);
        InitialWeights.Load(detector.Network, given.File);
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
        var detected = Evaluation.Detect(detector, images, loader, labels, device, alone);
        if (settings.Results is not null)
            Write(settings.Results, detected.Results);
        LeftOut.Tell(split.Annotations.Skipped, loader.Skipped, output);
        foreach (var (summary, what) in Evaluation.Summaries(detected, images.Annotations, detector.HasMasks).Zip(["boxes", "masks"]))
        {
            output.WriteLine($"{what} in {detected.Images.Length} images");
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
