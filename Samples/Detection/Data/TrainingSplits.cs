using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Training;
using KnDsl.Vision;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Data;

/// <summary>The splits that a training reads, which have the same categories.</summary>
/// <param name="Training">What is learned from.</param>
/// <param name="Values">What is evaluated.</param>
internal sealed record TrainingSplits(CocoSplit Training, CocoSplit Values)
{
    /// <summary>The categories.</summary>
    public IReadOnlyList<CocoCategory> Categories => Training.Annotations.Categories;

    /// <summary>Finds and reads the splits. A run that goes on must have had their categories.</summary>
    /// <param name="data">The folder of the set.</param>
    /// <param name="run">How the training runs.</param>
    /// <param name="resume">The folder of the run that goes on; null for a new one.</param>
    /// <exception cref="DatasetException">A file or folder is missing, or there is no image.</exception>
    /// <exception cref="CocoException">A json, or an entry of it, cannot be used.</exception>
    /// <exception cref="RunFileException">The run has other categories.</exception>
    public static TrainingSplits Open(string data, RunSettings run, string? resume)
    {
        var bad = run.SkipDamaged ? BadEntries.Skip : BadEntries.Fatal;
        var training = CocoSplit.Open(data, "train", bad);
        var categories = training.Annotations.Categories;
        var values = CocoSplit.Open(data, "val", bad, [.. categories.Select(category => category.Name)]);
        if (resume is not null)
            RunCategories.Require(resume, categories);
        return new(training, values);
    }

    /// <summary>Demands that each process has a batch of both, before anything is made.</summary>
    /// <param name="training">How the training reads, and how many items there are.</param>
    /// <param name="values">How an evaluation reads, and how many items there are.</param>
    /// <exception cref="DatasetException">There are too few.</exception>
    public void Require((DataLoaderOptions Options, long Items) training, (DataLoaderOptions Options, long Items) values)
    {
        training.Options.Require(Training.Annotations.Path, training.Items);
        values.Options.Require(Values.Annotations.Path, values.Items);
    }

    /// <summary>The folder of the run, which gets the categories; null in a process that is not the first of several.</summary>
    /// <param name="start">What the command line says of the training.</param>
    /// <param name="name">What is trained.</param>
    /// <param name="run">How it runs.</param>
    /// <param name="device">What it computes on.</param>
    /// <param name="processes">The processes that train together.</param>
    public RunFolder? OpenRun<T>(TrainingStart<T> start, string name, RunSettings run, Device device, ProcessGroup processes)
        where T : class
    {
        if (!processes.IsMain)
            return null;
        var folder = start.OpenRun(name, device.ToString(), run.Runs);
        RunCategories.Write(folder.FullPath, Categories);
        return folder;
    }

    /// <summary>Lists what <c>--skip-damaged</c> left out, in the first process.</summary>
    /// <param name="items">What loaders left out.</param>
    /// <param name="processes">The processes that train together.</param>
    public void TellLeftOut(IEnumerable<SkippedItem> items, ProcessGroup processes)
    {
        if (processes.IsMain)
            LeftOut.Tell([.. Training.Annotations.Skipped, .. Values.Annotations.Skipped], items, Console.Out);
    }
}
