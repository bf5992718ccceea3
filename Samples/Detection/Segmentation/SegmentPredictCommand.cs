using System;
using System.CommandLine;
using System.Linq;
using KnDsl.Samples.Detection.Data;
using KnDsl.Training;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>The command <c>segment predict</c>.</summary>
internal static class SegmentPredictCommand
{
    private static readonly Argument<string> Image = new("image") { Description = "The image" };

    public static Command Create() => WeightsCommand.Create<SegmentPredictSettings>(
        "predict", "Writes a picture of an image in the colors of its classes.", Run, Image);

    private static int Run(GivenWeights<SegmentPredictSettings> given)
    {
        var (file, settings, output) = (given.Parsed.GetValue(Image)!, given.Settings, given.Output);
        var device = settings.Compute.Choose();
        var classes = new SegmentationClasses(
            RunCategories.Read(settings.Categories, given.Run) ?? throw new SettingsException(
                $"{given.File} is of no run, so what its classes are is not known: --categories names a json with them."),
            settings.Classes);
        using var image = SegmentationImages.Read(file, ImageDecoder.Create());
        using var network = SegmentationRecipe.Network(settings, classes.Names.Count, device);
        SegmentationWeights.Load(network.Module, given.File);
        network.Module.eval();
        var labels = LabelsOf(network, image, file, settings.ShortSide, device);
        var into = settings.Output ?? $"{file}.classes.png";
        ClassPicture.Write(image, labels, into);
        foreach (var (label, count) in labels.CountBy(label => label).OrderByDescending(pair => pair.Value))
        {
            var color = ClassPicture.ColorOf(label);
            var shown = label == 0 ? "" : $"  #{color.R:x2}{color.G:x2}{color.B:x2}";
            output.WriteLine(FormattableString.Invariant($"{classes.Names[label],-20} {100.0 * count / labels.Length,5:0.0} %{shown}"));
        }
        output.WriteLine(into);
        return 0;
    }

    /// <summary>The class of each pixel of an image in its own size.</summary>
    private static byte[] LabelsOf(SegmentationNetwork network, RgbImage image, string file, int shortSide, Device device)
    {
        using var scope = NewDisposeScope();
        using var noGradient = inference_mode();
        using var copy = new SegmentationItem(Copy(image), new byte[image.Width * image.Height], file).Resized(shortSide, new(0, 0, 0));
        using var batch = new SegmentationBatch(1);
        batch.Put(0, copy);
        batch.Complete(pinned: false);
        var scores = network.Scores(batch.Images.to(device)).narrow(2, 0, copy.Image.Height).narrow(3, 0, copy.Image.Width);
        return nn.functional.interpolate(scores, [image.Height, image.Width], mode: InterpolationMode.Bilinear, align_corners: false)
            .argmax(1).to(ScalarType.Byte).cpu().contiguous().data<byte>().ToArray();
    }

    private static RgbImage Copy(RgbImage image)
    {
        var copy = new RgbImage(image.Width, image.Height);
        for (var y = 0; y < image.Height; y++)
            image.Row(y).CopyTo(copy.Row(y));
        return copy;
    }
}
