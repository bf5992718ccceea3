using System;
using System.CommandLine;
using System.IO;
using System.Threading.Tasks;
using KnDsl.Samples.FashionMnist;
using KnDsl.Samples.FashionMnist.Data;
using KnDsl.Samples.ImageNet.Pictures;
using KnDsl.Training;

namespace KnDsl.Samples.ImageNet;

/// <summary>The command <c>generate</c>: a small data set in ImageNet's layout, to try everything on.</summary>
internal static class GenerateCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "The folder to make; train and val in it are written" };
        var command = new Command(
            "generate", $"Makes a data set of {PictureMaker.Classes.Length} classes: shapes, textures and garments in photographs' sizes.")
        {
            folder,
        };
        var options = new SettingsOptions<GenerateSettings>(command);
        command.SetAction(parsed => SettingsCommand.Report(parsed, () =>
        {
            var into = Path.TrimEndingDirectorySeparator(Path.GetFullPath(parsed.GetValue(folder)!));
            var inks = CmykEncoder.Find();
            Make(into, options.Read(parsed), inks);
            var output = parsed.InvocationConfiguration.Output;
            output.WriteLine($"{PictureMaker.Classes.Length} classes are in {into}");
            if (inks is null)
            {
                output.WriteLine(
                    $"None is in CMYK, as one picture in {PictureWriter.Rare} would be: libturbojpeg, which writes it, is not installed "
                    + "(Debian and Ubuntu: apt-get install libturbojpeg0).");
            }

            return 0;
        }));
        return command;
    }

    /// <summary>Makes a data set.</summary>
    /// <param name="folder">Its folder, which is empty or missing.</param>
    /// <param name="settings">How many pictures, and which.</param>
    /// <param name="inks">Writes those in CMYK; null where the machine cannot.</param>
    /// <exception cref="RunFileException">There is something in the folder, or it cannot be written.</exception>
    public static void Make(string folder, GenerateSettings settings, CmykEncoder? inks) => WholeFolder.Make(folder, into =>
    {
        var writer = new PictureWriter(inks);
        Write(Path.Combine(into, "train"), ImageSet.Training(Options.OwnData), settings.Train, settings.Seed, writer);
        Write(Path.Combine(into, "val"), ImageSet.Test(Options.OwnData), settings.Val, settings.Seed + 1, writer);
    });

    private static void Write(string split, ImageSet garments, int count, int seed, PictureWriter writer)
    {
        var maker = new PictureMaker(new Garments(garments));
        for (var label = 0; label < PictureMaker.Classes.Length; label++)
        {
            var folder = Directory.CreateDirectory(Path.Combine(split, PictureMaker.Classes[label])).FullName;
            Parallel.For(0, count, i =>
            {
                var random = new Random(HashCode(seed, label, i));
                using var picture = maker.Make(label, random);
                writer.Write(picture, Path.Combine(folder, $"{i:00000}.jpg"), random);
            });
        }
    }

    /// <summary>A seed for each picture, the same on every machine.</summary>
    private static int HashCode(int seed, int label, int picture) => unchecked((seed * 1_000_003 + label) * 1_000_003 + picture);
}
