using System;
using KnDsl.Samples.FashionMnist.Data;
using static TorchSharp.torch;

namespace KnDsl.Samples.Study;

/// <summary>The images of a study. Learning rates are judged on images held back from the training set, never on test images.</summary>
internal sealed class StudyData : IDisposable
{
    /// <summary>One in this many training images is held back while rates are chosen.</summary>
    private const int HeldBack = 6;

    private readonly TensorSet all;
    private readonly TensorSet remaining;
    private readonly TensorSet heldBack;
    private readonly TensorSet test;

    /// <summary>Reads the images.</summary>
    /// <param name="folder">The folder of the four data files.</param>
    /// <param name="images">The number of training images, the first of the folder.</param>
    /// <exception cref="DataException">A data file is missing or damaged.</exception>
    public static StudyData Open(string folder, int images) => new(ImageSet.Training(folder).Take(images), ImageSet.Test(folder));

    private StudyData(ImageSet training, ImageSet test)
    {
        var scale = TensorSet.MeasureScale(training);
        var first = training.Count - training.Count / HeldBack;
        all = new TensorSet(training, scale, CPU);
        remaining = new TensorSet(training.Take(first), scale, CPU);
        heldBack = new TensorSet(training.Skip(first), scale, CPU);
        this.test = new TensorSet(test, scale, CPU);
    }

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
