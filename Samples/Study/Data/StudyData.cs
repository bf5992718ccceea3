using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.FashionMnist.Data;
using KnDsl.Samples.Study.Trials;
using static TorchSharp.torch;

namespace KnDsl.Samples.Study.Data;

/// <summary>The images of a study. Learning rates are judged on images held back from the training set, never on test images.</summary>
internal sealed class StudyData : IDisposable
{
    /// <summary>One in this many training images is held back while rates are chosen.</summary>
    private const int HeldBack = 6;

    private readonly TensorSet all;
    private readonly TensorSet remaining;
    private readonly TensorSet heldBack;
    private readonly TensorSet test;

    /// <summary>The sets: Fashion-MNIST as it is, and the scenes of <see cref="GarmentScenes"/>.</summary>
    public static IReadOnlyList<string> Sets { get; } = ["fashion", "garments"];

    /// <summary>Reads the images.</summary>
    /// <param name="set">One of <see cref="Sets"/>.</param>
    /// <param name="folder">The folder of the four data files.</param>
    /// <param name="images">The number of training images, the first of the folder.</param>
    /// <exception cref="DataException">A data file is missing or damaged.</exception>
    public static StudyData Open(string set, string folder, int images)
    {
        var (training, test) = (ImageSet.Training(folder).Take(images), ImageSet.Test(folder));
        return set == "garments"
            ? new(GarmentScenes.Make(training, seed: 1), GarmentScenes.Make(test, seed: 2))
            : new(training, test);
    }

    /// <summary>Reads the files of all sets, to see that they are there.</summary>
    /// <exception cref="DataException">A data file is missing or damaged.</exception>
    public static void Check(string folder)
    {
        ImageSet.Training(folder);
        ImageSet.Test(folder);
    }

    /// <summary>Finds a set.</summary>
    /// <exception cref="ArgumentException">There is no such set; the message lists those that there are.</exception>
    public static string Find(string name) => Sets.Contains(name)
        ? name
        : throw new ArgumentException($"there is no set '{name}'; expected some of {string.Join(", ", Sets)}");

    private StudyData(ImageSet training, ImageSet test)
    {
        var scale = TensorSet.MeasureScale(training);
        Colors = training.Colors;
        var first = training.Count - training.Count / HeldBack;
        all = new TensorSet(training, scale, CPU);
        remaining = new TensorSet(training.Take(first), scale, CPU);
        heldBack = new TensorSet(training.Skip(first), scale, CPU);
        this.test = new TensorSet(test, scale, CPU);
    }

    /// <summary>The colors of an image.</summary>
    public int Colors { get; }

    /// <summary>The images that a trial trains on, and those that its error is measured on.</summary>
    public (TensorSet Training, TensorSet Test) For(Purpose purpose) => purpose == Purpose.Rate ? (remaining, heldBack) : (all, test);

    public void Dispose()
    {
        all.Dispose();
        remaining.Dispose();
        heldBack.Dispose();
        test.Dispose();
    }
}
