using System;
using KnDsl.Samples.FashionMnist.Data;
using static TorchSharp.torch;

namespace KnDsl.Samples.Study;

/// <summary>The images of a study. Those that rates are judged on are held back from the training set, never test images.</summary>
internal sealed class StudyData : IDisposable
{
    /// <summary>One in so many training images is held back while rates are chosen.</summary>
    private const int HeldBack = 6;

    private readonly TensorSet all;
    private readonly TensorSet most;
    private readonly TensorSet held;
    private readonly TensorSet test;

    /// <summary>Reads the images.</summary>
    /// <param name="folder">Of the four files.</param>
    /// <param name="images">Training images, the first of the folder.</param>
    /// <exception cref="DataException">A data file is missing or damaged.</exception>
    public static StudyData Open(string folder, int images) => new(ImageSet.Training(folder).Take(images), ImageSet.Test(folder));

    private StudyData(ImageSet training, ImageSet test)
    {
        (double, double) scale = TensorSet.ScaleOf(training);
        int first = training.Count - training.Count / HeldBack;
        all = new TensorSet(training, scale, CPU);
        most = new TensorSet(training.Take(first), scale, CPU);
        held = new TensorSet(training.Skip(first), scale, CPU);
        this.test = new TensorSet(test, scale, CPU);
    }

    /// <summary>What a trial trains on and what its error is counted on.</summary>
    public (TensorSet Training, TensorSet Test) For(Purpose purpose) => purpose == Purpose.Rate ? (most, held) : (all, test);

    public void Dispose()
    {
        all.Dispose();
        most.Dispose();
        held.Dispose();
        test.Dispose();
    }
}
