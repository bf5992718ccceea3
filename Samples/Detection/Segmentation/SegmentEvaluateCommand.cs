using System;
using System.CommandLine;
using System.Linq;
using KnDsl.Samples.Detection.Data;
using KnDsl.Training;
using KnDsl.Vision;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>The command <c>segment evaluate</c>.</summary>
internal static class SegmentEvaluateCommand
{
    public static Command Create() => WeightsCommand.Create<SegmentEvaluateSettings>(
        "evaluate", "Accuracy and IoU of each class, and the mean IoU.", Run);

    private static int Run(GivenWeights<SegmentEvaluateSettings> given)
    {
        var (settings, output) = (given.Settings, given.Output);
        var device = settings.Compute.Choose();
        var known = RunCategories.Read(settings.Categories, given.Run);
        var split = CocoSplit.Open(
            settings.Data, settings.Split, settings.SkipDamaged ? BadEntries.Skip : BadEntries.Fatal,
            known?.Select(category => category.Name).ToArray());
        var classes = new SegmentationClasses(known ?? split.Annotations.Categories, settings.Classes);
        using var network = SegmentationRecipe.Network(settings, classes.Names.Count, device);
        SegmentationWeights.Load(network.Module, given.File);
        network.Module.eval();
        using var noGradient = inference_mode();
        var images = new SegmentationImages(split, classes, SegmentationRecipe.Resized(settings));
        // One image at a time, as in training: what is around an image changes its edges.
        using var loader = new DataLoader<SegmentationItem, SegmentationBatch>(images, new SegmentationCollator(device), new()
        {
            BatchSize = 1, Damaged = settings.SkipDamaged ? DamagedItems.Skip : DamagedItems.Fatal,
        });
        using var alone = ProcessGroup.Single();
        var figures = SegmentationEvaluation.Run(network, loader, classes.Names.Count, device, alone);
        LeftOut.Tell(split.Annotations.Skipped, loader.Skipped, output);
        output.WriteLine("class                accuracy    IoU");
        for (var i = 0; i < classes.Names.Count; i++)
        {
            output.WriteLine(
                FormattableString.Invariant($"{classes.Names[i],-20} {figures.Accuracies[i],8:0.000} {figures.IoUs[i],6:0.000}"));
        }
        var counted = images.Count - loader.Skipped.Count;
        output.WriteLine(FormattableString.Invariant(
            $"mean IoU {figures.MeanIoU:0.000}, pixel accuracy {figures.PixelAccuracy:0.000}, of {counted} images"));
        return 0;
    }
}
