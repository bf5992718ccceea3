using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.IO;
using KnDsl.Samples.FashionMnist.Training;
using KnDsl.Training;

namespace KnDsl.Samples.FashionMnist;

/// <summary>The options of the command line.</summary>
internal sealed record Options
{
    /// <summary>The folder of the data that is included with the program.</summary>
    public static string OwnData { get; } = Path.Combine(AppContext.BaseDirectory, "data");

    /// <summary>The folder into which Debian's package dataset-fashion-mnist installs the full set.</summary>
    public const string SystemData = "/usr/share/datasets/fashion-mnist";

    /// <summary>Without <c>--full</c>, training uses this many images, from whichever folder.</summary>
    public const int Subset = 12_000;

    private const int DefaultBatch = 64;
    private const int DefaultMicrobatch = 2;

    /// <summary>The methods to compare: names of <see cref="Method.Names"/>.</summary>
    public required IReadOnlyList<string> Methods { get; init; }

    /// <summary>Images per statistic; null is the whole batch.</summary>
    public required int? Microbatch { get; init; }

    /// <summary>Passes through the training images.</summary>
    public required int Epochs { get; init; }

    /// <summary>Images per step.</summary>
    public required int Batch { get; init; }

    /// <summary>The highest learning rate, reached after the warm-up.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Determines the first weights and the order of the images.</summary>
    public required long Seed { get; init; }

    /// <summary><c>cpu</c>, <c>cuda</c>, or <c>auto</c>.</summary>
    public required string Device { get; init; }

    /// <summary>Threads that torch computes with.</summary>
    public required int Threads { get; init; }

    /// <summary>The folder of the four data files.</summary>
    public required string Data { get; init; }

    /// <summary>Whether to train on all images of the folder, not only the first <see cref="Subset"/>.</summary>
    public required bool Full { get; init; }

    /// <summary>The folder for the picture, the figures and the TensorBoard logs.</summary>
    public required string Output { get; init; }

    /// <summary>The command with all its options.</summary>
    /// <param name="run">Called with the options; returns the exit code.</param>
    public static RootCommand Command(Func<Options, int> run)
    {
        var methods = new Option<string>("--methods")
        {
            Description = $"Methods to compare, separated by commas: {string.Join(", ", Method.Names)}",
            DefaultValueFactory = _ => "kalman,batch,group",
        };
        methods.Validators.Add(result =>
        {
            if (!Method.TryParseList(result.GetValueOrDefault<string>() ?? "", out _, out var problem))
                result.AddError($"--methods: {problem}.");
        });
        var microbatch = WholeNumber(
            "--microbatch", DefaultMicrobatch, 0, int.MaxValue, "Images per statistic of kalman and batch; 0 for the whole batch");
        var epochs = WholeNumber("--epochs", 4, 1, 10_000, "Passes through the training images");
        var batch = WholeNumber("--batch", DefaultBatch, 1, 100_000, "Images per step");
        var seed = WholeNumber("--seed", 1, 0, int.MaxValue, "Determines the first weights and the order of the images");
        var threads = WholeNumber("--threads", 2, 1, 1024, "Threads to compute with; the same number gives the same results");
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
            Description = "A folder with the four files of Fashion-MNIST (idx.gz) instead of the included images",
        };
        var full = new Option<bool>("--full")
        {
            Description = $"Train on all images of the folder instead of the first {Subset:N0}; without --data, of {SystemData}",
        };
        var output = new Option<string?>("--output")
        {
            Description = "Folder for the picture, the figures and the TensorBoard logs [default: runs/FashionMnist/TIME]",
        };

        var command = new RootCommand(
            "Trains one network on Fashion-MNIST with several normalizations, and compares their test errors.")
        {
            methods, microbatch, epochs, batch, rate, seed, device, threads, data, full, output,
        };
        command.Validators.Add(result =>
        {
            // A value that could not be read already has a message of its own.
            if (Value(result, microbatch, DefaultMicrobatch) is int samples
                && Value(result, batch, DefaultBatch) is int size
                && samples > size)
            {
                result.AddError($"--microbatch: a statistic of {samples} images does not fit in a batch of {size}.");
            }
        });
        command.SetAction(parsed =>
        {
            var samples = parsed.GetValue(microbatch);
            Method.TryParseList(parsed.GetValue(methods)!, out var names, out _);
            var options = new Options
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
            };
            return SettingsCommand.Report(parsed, () => run(options));
        });
        return command;
    }

    /// <summary>An option that is a whole number within bounds.</summary>
    public static Option<int> WholeNumber(string name, int defaultValue, int minimum, int maximum, string description)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => defaultValue };
        option.CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
                && value >= minimum
                && value <= maximum)
            {
                return value;
            }
            result.AddError(maximum == int.MaxValue
                ? $"{name} is '{text}', expected a whole number, {minimum} or more."
                : $"{name} is '{text}', expected a whole number from {minimum} to {maximum}.");
            return defaultValue;
        };
        return option;
    }

    private static double Number(ArgumentResult result)
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && value > 0
            && double.IsFinite(value))
        {
            return value;
        }
        result.AddError($"--lr is '{text}', expected a number above 0, such as 0.1.");
        return 0;
    }

    /// <summary>The value of an option, or null if it could not be read. Validators run before defaults are filled in.</summary>
    private static int? Value(CommandResult result, Option<int> option, int defaultValue)
    {
        try
        {
            return result.GetResult(option) is { Implicit: false } ? result.GetValue(option) : defaultValue;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
