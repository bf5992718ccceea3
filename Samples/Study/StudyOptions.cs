using System;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.IO;
using System.Linq;
using KnDsl.Samples.FashionMnist;

namespace KnDsl.Samples.Study;

/// <summary>The options of the command line.</summary>
/// <param name="Plan">The trials of the study.</param>
/// <param name="Epochs">Passes through the training images.</param>
/// <param name="Images">The number of training images.</param>
/// <param name="Workers">The number of trainings at a time.</param>
/// <param name="Data">The folder of the four data files.</param>
/// <param name="Output">The folder of the study.</param>
internal sealed record StudyOptions(StudyPlan Plan, int Epochs, int Images, int Workers, string Data, string Output)
{
    /// <summary>The settings that affect the results, in one line: trials made with other settings must not mix with these.</summary>
    public string Settings => string.Create(
        CultureInfo.InvariantCulture,
        $"{Images} training images, {Epochs} epochs, batch {TrialTraining.Batch}");

    /// <summary>The command with its options.</summary>
    /// <param name="run">Called with the options; returns the exit code.</param>
    public static RootCommand Command(Func<StudyOptions, int> run)
    {
        var methods = List(
            "--methods", string.Join(",", Contestant.Default), "Methods to compare, separated by commas", Contestant.Parse);
        var samples = List(
            "--samples", "1,2,4,8,0", "Images per statistic, 0 for the whole batch",
            text => Parse(text, n => n is >= 0 and <= TrialTraining.Batch, $"a whole number from 0 to {TrialTraining.Batch}"));
        var rates = List(
            "--rates", "0.05,0.1,0.2", "Learning rates to choose from, judged on images that are held back", ParseRate);
        var seeds = Options.WholeNumber("--seeds", 3, 1, 1000, "Trainings of each method at each number of images");
        var epochs = Options.WholeNumber("--epochs", 4, 1, 10_000, "Passes through the training images");
        var images = Options.WholeNumber("--images", Options.Subset, 12, 1_000_000, "Training images, the first of the folder");
        var workers = Options.WholeNumber(
            "--workers", Environment.ProcessorCount, 1, 1024, "Trainings at a time, each on one thread");
        var data = new Option<string>("--data")
        {
            Description = "A folder with the four files of Fashion-MNIST (idx.gz) instead of the included images",
            DefaultValueFactory = _ => Options.OwnData,
        };
        var output = new Option<string>("--output")
        {
            Description = "Folder of the study; an interrupted study in it is continued",
            DefaultValueFactory = _ => Path.Combine("runs", "FashionMnist", "study"),
        };

        var command = new RootCommand(
            "Trains one network with every normalization at several numbers of images per statistic, and compares them.")
        {
            methods, samples, rates, seeds, epochs, images, workers, data, output,
        };
        command.SetAction(parsed => run(new StudyOptions(
            new StudyPlan(
                [.. Items(parsed.GetValue(methods)!).Select(Contestant.Parse)],
                [.. Items(parsed.GetValue(samples)!).Select(text => int.Parse(text, CultureInfo.InvariantCulture))],
                [.. Items(parsed.GetValue(rates)!).Select(ParseRate)],
                parsed.GetValue(seeds)),
            parsed.GetValue(epochs),
            parsed.GetValue(images),
            parsed.GetValue(workers),
            parsed.GetValue(data)!,
            parsed.GetValue(output)!)));
        return command;
    }

    /// <summary>A list separated by commas. Each item is read once, to check it.</summary>
    private static Option<string> List<T>(string name, string defaultValue, string description, Func<string, T> read)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => defaultValue };
        option.Validators.Add(result => Check(result, name, read));
        return option;
    }

    private static void Check<T>(OptionResult result, string name, Func<string, T> read)
    {
        if (result.Implicit)
            return;
        var items = Items(result.GetValueOrDefault<string>() ?? "");
        try
        {
            foreach (var item in items)
                read(item);
            if (items.Distinct().Count() < items.Length)
                result.AddError($"{name}: an item occurs twice.");
        }
        catch (ArgumentException e)
        {
            result.AddError($"{name}: {e.Message}.");
        }
    }

    private static int Parse(string text, Predicate<int> allowed, string expected) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && allowed(value)
            ? value
            : throw new ArgumentException($"'{text}' is not {expected}");

    private static double ParseRate(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var rate) && rate > 0 && double.IsFinite(rate)
            ? rate
            : throw new ArgumentException($"'{text}' is not a number above 0, such as 0.1");

    private static string[] Items(string list) => list.Split(',', StringSplitOptions.TrimEntries);
}
