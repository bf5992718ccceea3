using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using KnDsl.Samples.FashionMnist.Data;
using KnDsl.Training;
using KnDsl.Vision;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Jpeg;

namespace KnDsl.Samples.Detection.Generation;

/// <summary>The command <c>generate</c>: a small set in COCO's layout, to try everything on.</summary>
internal static class GenerateCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("folder")
        {
            Description = "The folder to make; annotations, train, val and unseen in it are written",
        };
        var command = new Command("generate", "Makes a set in COCO's format: photographs of objects, cut out and pasted on photographs.")
        {
            folder,
        };
        var options = new SettingsOptions<GenerateSettings>(command);
        command.SetAction(parsed => SettingsCommand.Report(parsed, () =>
        {
            var into = Path.TrimEndingDirectorySeparator(Path.GetFullPath(parsed.GetValue(folder)!));
            var sources = Make(into, options.Read(parsed));
            var output = parsed.InvocationConfiguration.Output;
            output.WriteLine(
                $"{sources.Kinds.Count} categories are in {into}: {string.Join(", ", sources.Kinds.Select(kind => kind.Name))}");
            foreach (var notice in sources.Missing)
                output.WriteLine(notice);
            return 0;
        }));
        return command;
    }

    /// <summary>Makes a set.</summary>
    /// <param name="folder">Its folder, which is empty or missing.</param>
    /// <param name="settings">How many images, and which.</param>
    /// <returns>What it was made of.</returns>
    /// <exception cref="RunFileException">There is something in the folder, it cannot be written, or a source cannot be read.</exception>
    public static Sources Make(string folder, GenerateSettings settings)
    {
        Sources? sources = null;
        WholeFolder.Make(folder, into =>
        {
            sources = Sources.Read(settings);
            var annotations = Directory.CreateDirectory(Path.Combine(into, "annotations")).FullName;
            Write("train", sources.Training, settings.Train, 0);
            Write("val", sources.Evaluation, settings.Val, 1);
            if (settings.Unseen > 0)
                Write("unseen", sources.Unseen, settings.Unseen, 2);

            void Write(string part, SceneMaker maker, int count, int epoch)
            {
                var images = Directory.CreateDirectory(Path.Combine(into, part)).FullName;
                var scenes = new (CocoImage Image, SceneObject[] Objects)[count];
                Parallel.For(0, count, i => scenes[i] = WriteImage(images, maker, i + 1, new ItemRandom(settings.Seed, epoch, i)));
                WriteJson(Path.Combine(annotations, $"instances_{part}.json"), sources.Kinds, scenes);
            }
        });
        return sources!;
    }

    private static (CocoImage Image, SceneObject[] Objects) WriteImage(string folder, SceneMaker maker, int id, ItemRandom random)
    {
        var scene = maker.Make(random);
        var image = new CocoImage(id, $"{id:000000000000}.jpg", scene.Width, scene.Height);
        using var pixels = Image.LoadPixelData(scene.Pixels, scene.Width, scene.Height);
        using var bytes = new MemoryStream();
        pixels.SaveAsJpeg(bytes, new JpegEncoder
        {
            Quality = 80 + (int)random.NextInteger(16),
            ColorType = random.NextBool(0.5) ? JpegColorType.YCbCrRatio420 : JpegColorType.YCbCrRatio444,
        });
        File.WriteAllBytes(Path.Combine(folder, image.FileName), bytes.ToArray());
        return (image, [.. scene.Objects]);
    }

    private static void WriteJson(
        string path, IReadOnlyList<ObjectKind> kinds, IReadOnlyList<(CocoImage Image, SceneObject[] Objects)> scenes)
    {
        var categories = kinds.OrderBy(kind => kind.Id)
            .Select((kind, label) => new CocoCategory(kind.Id, kind.Name, kind.Group, label)).ToDictionary(category => category.Id);
        var annotations =
            from scene in scenes
            from seen in scene.Objects
            select (scene.Image, Object: seen);
        var entries = annotations.Select((of, i) => new CocoAnnotation(
            i + 1, of.Image, categories[of.Object.Kind.Id], of.Object.Mask.Box, of.Object.Mask.Area, of.Object.IsCrowd,
            // As in COCO, a crowd has RLE.
            of.Object.IsCrowd ? new(of.Object.Mask) : Outline.Of(of.Object.Mask)));
        CocoAnnotations.Write(path, scenes.Select(scene => scene.Image), categories.Values, entries);
    }
}
