using System;
using System.CommandLine;
using System.IO;
using KnDsl.Samples.Detection.Data;
using KnDsl.Samples.Detection.Detectors;
using KnDsl.Samples.Detection.Pictures;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;
using KnDsl.Vision;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection;

/// <summary>The command <c>predict</c>.</summary>
internal static class PredictCommand
{
    private static readonly Argument<string> Image = new("image") { Description = "The image" };

    public static Command Create() => WeightsCommand.Create<PredictSettings>(
        "predict", "Finds the objects of an image, and writes a picture with them.", Run, Image);

    private static int Run(GivenWeights<PredictSettings> given)
    {
        var (file, settings, output) = (given.Parsed.GetValue(Image)!, given.Settings, given.Output);
        var device = settings.Compute.Choose();
        var known = RunCategories.Read(settings.Categories, given.Run) ?? throw new SettingsException(
            "--categories is missing: these weights are of no run, so that only a json of their set can tell what they know.");
        var labels = new LabelMap(known, settings.Labels, Recipe.HasBackground(settings));
        using var image = Read(file);
        using var picture = new DetectionPicture(image);
        using var detector = Recipe.Detector(settings, labels.Classes, device, scoreThreshold: settings.Score);
        InitialWeights.Load(detector.Network, given.File);
        detector.Network.eval();
        using var noGradient = inference_mode();
        using var scope = NewDisposeScope();

        var size = new ImageSize(image.Height, image.Width);
        var collator = new DetectionCollator(Normalize.ImageNet, Train.Multiple, device);
        using var batch = collator.Begin(1);
        // The transform takes the image, of which the picture has a copy.
        collator.Put(batch, 0, Recipe.Resized(settings).Apply(new(image, [], file), new(0, 0, 0)));
        collator.Complete(batch);
        var found = detector.Detect(batch.Images.to(device), batch.Sizes)[0];
        Draw(picture, found, labels, (batch.Sizes[0], size), output);
        var to = settings.Output ?? $"{file}.detections.png";
        picture.Save(to);
        output.WriteLine($"{found.Count} objects, drawn in {to}");
        return 0;
    }

    /// <summary>Draws all objects, those of high scores over others, and lists them from the highest score on.</summary>
    private static void Draw(
        DetectionPicture picture, Detections found, LabelMap labels, (ImageSize From, ImageSize To) size, TextWriter output)
    {
        // TorchSharp makes no array of a tensor without values.
        if (found.Count == 0)
            return;
        var boxes = Boxes.Resize(found.Boxes, size.From, size.To).cpu().data<float>().ToArray();
        var (scores, numbers) = (found.Scores.cpu().data<float>().ToArray(), found.Labels.cpu().data<long>().ToArray());
        for (var i = scores.Length - 1; i >= 0; i--)
        {
            using var scope = NewDisposeScope();
            // One at a time: the masks of all in a large photograph are more than an array holds.
            var inImage = found.Narrow(i, 1).Resized(size.From, size.To);
            var mask = inImage.Masks?.ge(Held(Evaluation.MaskThreshold)).cpu().data<bool>().ToArray();
            picture.Draw(
                boxes.AsSpan(4 * i, 4), mask, FormattableString.Invariant($"{NameOf(numbers[i])} {scores[i]:0.00}"), numbers[i]);
        }
        for (var i = 0; i < scores.Length; i++)
        {
            var box = boxes.AsSpan(4 * i, 4);
            output.WriteLine(FormattableString.Invariant(
                $"{NameOf(numbers[i])} {scores[i]:0.00} ({box[0]:0}, {box[1]:0}) to ({box[2]:0}, {box[3]:0})"));
        }

        string NameOf(long number) => labels.CategoryOf(number)?.Name ?? $"label {number}";
    }

    private static RgbImage Read(string file)
    {
        try
        {
            return ImageDecoder.Create().Decode(File.ReadAllBytes(file), file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var isMissing = e is FileNotFoundException or DirectoryNotFoundException;
            throw new DamagedFileException(file, isMissing ? "there is no such file" : $"cannot be read: {e.Message}", cause: e);
        }
    }
}
