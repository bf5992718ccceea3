using System;
using System.CommandLine;
using System.IO;
using System.Threading.Tasks;
using KnDsl.Samples.FashionMnist;
using KnDsl.Samples.FashionMnist.Data;
using KnDsl.Samples.ImageNet.Pictures;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Jpeg;

namespace KnDsl.Samples.ImageNet;

/// <summary>The command <c>generate</c>: a small data set in ImageNet's layout, to try everything on.</summary>
internal static class GenerateCommand
{
    /// <summary>One in so many pictures is grey.</summary>
    private const int Grey = 15;

    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "The folder to make; train and val in it are written" };
        var training = new Option<int>("--train") { Description = "Images of each class for training", DefaultValueFactory = _ => 150 };
        var values = new Option<int>("--val") { Description = "Images of each class for evaluation", DefaultValueFactory = _ => 30 };
        var seed = new Option<int>("--seed") { Description = "Determines all pictures", DefaultValueFactory = _ => 1 };
        var command = new Command(
            "generate", $"Makes a data set of {PictureMaker.Classes.Length} classes: shapes, textures and garments in photographs' sizes.")
        {
            folder, training, values, seed,
        };
        command.SetAction(parsed =>
        {
            var into = parsed.GetValue(folder)!;
            Make(Path.Combine(into, "train"), ImageSet.Training(Options.OwnData), parsed.GetValue(training), parsed.GetValue(seed));
            Make(Path.Combine(into, "val"), ImageSet.Test(Options.OwnData), parsed.GetValue(values), parsed.GetValue(seed) + 1);
            Console.WriteLine($"{PictureMaker.Classes.Length} classes are in {Path.GetFullPath(into)}");
            return 0;
        });
        return command;
    }

    private static void Make(string split, ImageSet garments, int count, int seed)
    {
        var maker = new PictureMaker(new Garments(garments));
        for (var label = 0; label < PictureMaker.Classes.Length; label++)
        {
            var folder = Directory.CreateDirectory(Path.Combine(split, PictureMaker.Classes[label])).FullName;
            Parallel.For(0, count, i =>
            {
                var random = new Random(HashCode(seed, label, i));
                using var picture = maker.Make(label, random);
                picture.SaveAsJpeg(Path.Combine(folder, $"{i:00000}.jpg"), new JpegEncoder
                {
                    Quality = random.Next(60, 96),
                    ColorType = random.Next(Grey) == 0 ? JpegColorType.Luminance
                        : random.Next(2) == 0 ? JpegColorType.YCbCrRatio420 : JpegColorType.YCbCrRatio444,
                });
            });
        }
    }

    /// <summary>A seed for each picture, the same on every machine.</summary>
    private static int HashCode(int seed, int label, int picture) => unchecked((seed * 1_000_003 + label) * 1_000_003 + picture);
}
