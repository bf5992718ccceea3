using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Samples.FashionMnist.Data;
using KnDsl.Samples.FashionMnist.Reports;
using KnDsl.Samples.FashionMnist.Training;
using KnDsl.Training;
using Spectre.Console;
using static TorchSharp.torch;

namespace KnDsl.Samples.FashionMnist;

/// <summary>The job of the program: trains the network of ResNetCifar.knnet with one method after the other.</summary>
internal static class Comparison
{
    /// <summary>Runs the comparison.</summary>
    /// <param name="options">The methods to compare, and how to train them.</param>
    /// <param name="console">Shows progress and the table.</param>
    /// <param name="output">Receives the lines that scripts read.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="DataException">A data file is missing or damaged.</exception>
    /// <exception cref="RunFileException">The folder of the output cannot be made or written.</exception>
    public static int Run(Options options, IAnsiConsole console, TextWriter output)
    {
        // Read before anything is printed about the training: a missing file should be the first thing that the user sees.
        var trainingImages = ImageSet.Training(options.Data);
        var testImages = ImageSet.Test(options.Data);
        if (!options.Full)
            trainingImages = trainingImages.Take(Options.Subset);

        ComputeThreads.Set(options.Threads);
        if (options.Device == "cuda" && !cuda.is_available())
        {
            output.WriteLine("There is no CUDA device, or the program was not built with TorchBackend=cuda.");
            return 1;
        }
        var device = options.Device != "cpu" && cuda.is_available() ? CUDA : CPU;
        var settings = new Settings(options.Epochs, options.Batch, options.LearningRate, options.Seed, device);

        var folder = Path.GetFullPath(options.Output);
        RunFileException.MakeFolder(folder);
        var statistics = options.Microbatch is int samples ? $"{samples} images" : $"whole batches of {options.Batch}";
        output.WriteLine($"{trainingImages.Count} training and {testImages.Count} test images from {options.Data}");
        output.WriteLine(
            $"{options.Epochs} epochs, batch {options.Batch}, statistics of {statistics}, seed {options.Seed}, on {device.type}");

        var scale = TensorSet.MeasureScale(trainingImages);
        using var training = new TensorSet(trainingImages, scale, device);
        using var test = new TensorSet(testImages, scale, device);
        var trainer = new MethodTraining(training, test, settings);
        IReadOnlyList<Outcome> outcomes = ConsoleReport.Follow(console, settings, follow =>
            options.Methods.Select(name => trainer.Train(
                follow(Method.Create(name, options.Microbatch)),
                policy => new ResNetCifar(policy: policy, device: device),
                new TensorBoardLog(Path.Combine(folder, "tensorboard", name)),
                new CsvLog(Path.Combine(folder, "figures", name)))).ToList());

        ConsoleReport.Summarize(console, outcomes);
        CurveFigure.Save(
            Path.Combine(folder, "curves.png"), $"Fashion-MNIST, statistics of {statistics}", "epoch",
            [new CurvePanel("test error, %", [.. outcomes.Select(CurveOf)])]);
        output.WriteLine($"Picture, figures and TensorBoard logs are in {folder}");
        output.WriteLine(ConsoleReport.LastLine(outcomes));
        return 0;
    }

    private static Curve CurveOf(Outcome outcome) => new(
        FormattableString.Invariant($"{outcome.Method.Name}  {outcome.Error:F1} %"),
        [.. outcome.Epochs.Select(epoch => ((double)epoch.Number, epoch.Error))]);
}
