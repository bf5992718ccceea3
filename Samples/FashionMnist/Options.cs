using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.IO;
using KnDsl.Samples.FashionMnist.Training;

namespace KnDsl.Samples.FashionMnist;

/// <summary>What the command line asks for.</summary>
internal sealed record Options
{
    /// <summary>The folder of the data that comes with the program.</summary>
    public static string OwnData { get; } = Path.Combine(AppContext.BaseDirectory, "data");

    /// <summary>Where Debian's package dataset-fashion-mnist puts the full set.</summary>
    public const string SystemData = "/usr/share/datasets/fashion-mnist";

    /// <summary>Without <c>--full</c>, training uses this many images, wherever they come from.</summary>
    public const int Subset = 12_000;

    private const int DefaultBatch = 64;
    private const int DefaultMicrobatch = 2;

    public required IReadOnlyList<string> Methods { get; init; }

    /// <summary>Samples behind each statistic; null is the whole batch.</summary>
    public required int? Microbatch { get; init; }

    public required int Epochs { get; init; }

    public required int Batch { get; init; }

    public required double LearningRate { get; init; }

    public required long Seed { get; init; }

    public required string Device { get; init; }

    public required int Threads { get; init; }

    public required string Data { get; init; }

    public required bool Full { get; init; }

    public required string Output { get; init; }

    /// <summary>The command with all its options.</summary>
    /// <param name="run">Is called with what was asked for; returns the exit code.</param>
    public static RootCommand Command(Func<Options, int> run)
    {
        var methods = new Option<string>("--methods")
        {
            Description = $"Which to compare, with commas between them: {string.Join(", ", Method.Names)}",
            DefaultValueFactory = _ => "kalman,batch,group",
        };
        methods.Validators.Add(result =>
        {
            if (!Method.TryParseList(result.GetValueOrDefault<string>() ?? "", out _, out string problem))
                result.AddError($"--methods: {problem}.");
        });
        Option<int> microbatch = Whole("--microbatch", DefaultMicrobatch, 0, int.MaxValue, "Images behind each statistic of kalman and batch; 0 for the whole batch");
        Option<int> epochs = Whole("--epochs", 4, 1, 10_000, "Passes through the training images");
        Option<int> batch = Whole("--batch", DefaultBatch, 1, 100_000, "Images a step");
        Option<int> seed = Whole("--seed", 1, 0, int.MaxValue, "Decides on the first weights and the order of the images");
        Option<int> threads = Whole("--threads", 2, 1, 1024, "Threads to compute with; results repeat for the same number");
        var rate = new Option<double>("--lr")
        {
            Description = "The highest learning rate, after the warm-up",
            DefaultValueFactory = _ => 0.1,
            CustomParser = Number,
        };
        var device = new Option<string>("--device")
        {
            Description = "cpu, cuda, or auto: cuda if there is one",
            DefaultValueFactory = _ => "auto",
        };
        device.AcceptOnlyFromAmong("auto", "cpu", "cuda");
        var data = new Option<string?>("--data")
        {
            Description = "A folder with the four files of Fashion-MNIST (idx.gz) instead of the images that come along",
        };
        var full = new Option<bool>("--full")
        {
            Description = $"Train on all images of the folder instead of the first {Subset:N0}; without --data, of {SystemData}",
        };
        var output = new Option<string?>("--output")
        {
            Description = "Where to put the picture, the figures and the TensorBoard logs [default: runs/FashionMnist/TIME]",
        };

        var command = new RootCommand(
            "Trains one network on Fashion-MNIST with several normalizations, and compares their test errors.")
        {
            methods, microbatch, epochs, batch, rate, seed, device, threads, data, full, output,
        };
        command.Validators.Add(result =>
        {
            // A value that could not be read has its own message already.
            if (Value(result, microbatch, DefaultMicrobatch) is int samples && Value(result, batch, DefaultBatch) is int size && samples > size)
                result.AddError($"--microbatch: a statistic of {samples} images does not fit in a batch of {size}.");
        });
        command.SetAction(parsed =>
        {
            int samples = parsed.GetValue(microbatch);
            Method.TryParseList(parsed.GetValue(methods)!, out string[] names, out _);
            return run(new Options
            {
                Methods = names,
                Microbatch = samples == 0 ? null : samples,
                Epochs = parsed.GetValue(epochs),
                Batch = parsed.GetValue(batch),
                LearningRate = parsed.GetValue(rate),
                Seed = parsed.GetValue(seed),
                Device = parsed.GetValue(device)!,
                Threads = parsed.GetValue(threads),
                Data = parsed.GetValue(data) ?? (parsed.GetValue(full) ? SystemData : OwnData),
                Full = parsed.GetValue(full),
                Output = parsed.GetValue(output)
                    ?? Path.Combine("runs", "FashionMnist", DateTime.Now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)),
            });
        });
        return command;
    }

    /// <summary>An option that is a whole number within bounds.</summary>
    public static Option<int> Whole(string name, int standard, int least, int most, string description)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => standard };
        option.CustomParser = result =>
        {
            string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most)
                return value;
            result.AddError(most == int.MaxValue
                ? $"{name} is '{text}', expected a whole number, {least} or more."
                : $"{name} is '{text}', expected a whole number from {least} to {most}.");
            return standard;
        };
        return option;
    }

    private static double Number(ArgumentResult result)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value > 0 && double.IsFinite(value))
            return value;
        result.AddError($"--lr is '{text}', expected a number above 0, such as 0.1.");
        return 0;
    }

    /// <summary>An option's value, or null where it could not be read. Validators run before defaults are filled in.</summary>
    private static int? Value(CommandResult result, Option<int> option, int standard)
    {
        try
        {
            return result.GetResult(option) is { Implicit: false } ? result.GetValue(option) : standard;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
