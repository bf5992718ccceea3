using System;
using System.CommandLine;
using System.IO;
using System.Linq;
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

    /// <summary>Makes a data set. It is there when all of it is written.</summary>
    /// <param name="folder">Its folder, which is empty or missing.</param>
    /// <param name="settings">How many pictures, and which.</param>
    /// <param name="inks">Writes those in CMYK; null where the machine cannot.</param>
    /// <exception cref="RunFileException">There is something in the folder, or it cannot be written.</exception>
    public static void Make(string folder, GenerateSettings settings, CmykEncoder? inks)
    {
        var unfinished = $"{folder}.unfinished";
        try
        {
            if (File.Exists(folder) || Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
                throw new RunFileException(folder, "there is something already, and nothing is written over it. Name another folder.");
            try
            {
                var writer = new PictureWriter(inks);
                Write(Path.Combine(unfinished, "train"), ImageSet.Training(Options.OwnData), settings.Train, settings.Seed, writer);
                Write(Path.Combine(unfinished, "val"), ImageSet.Test(Options.OwnData), settings.Val, settings.Seed + 1, writer);
                if (Directory.Exists(folder))
                    Directory.Delete(folder);
                Directory.Move(unfinished, folder);
            }
            finally
            {
                if (Directory.Exists(unfinished))
                    Directory.Delete(unfinished, recursive: true);
            }
        }
        catch (Exception e) when (e is not RunFileException && Refused(e) is { } cause)
        {
            throw new RunFileException(folder, $"cannot be written: {cause.Message}", cause);
        }
    }

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

    /// <summary>What the system refused, in one thread or in several; null for any other exception.</summary>
    private static Exception? Refused(Exception e) => e switch
    {
        AggregateException several => Refused(several.InnerExceptions[0]),
        IOException or UnauthorizedAccessException => e,
        _ => null,
    };

    /// <summary>A seed for each picture, the same on every machine.</summary>
    private static int HashCode(int seed, int label, int picture) => unchecked((seed * 1_000_003 + label) * 1_000_003 + picture);
}
