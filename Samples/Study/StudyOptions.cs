using System;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.IO;
using System.Linq;
using KnDsl.Samples.FashionMnist;
using KnDsl.Samples.Study.Data;
using KnDsl.Samples.Study.Methods;
using KnDsl.Samples.Study.Networks;
using KnDsl.Samples.Study.Trials;
using KnDsl.Training;

namespace KnDsl.Samples.Study;

/// <summary>The options of the command line.</summary>
/// <param name="Plan">The trials of the study.</param>
/// <param name="Epochs">Passes through the training images.</param>
/// <param name="Images">The number of training images.</param>
/// <param name="Workers">The number of trainings at a time.</param>
/// <param name="Data">The folder of the four data files.</param>
/// <param name="Output">The folder of the study.</param>
/// <param name="OnlyReports">Whether tables and pictures are made of the trials that are there, and none is run.</param>
internal sealed record StudyOptions(
    StudyPlan Plan, int Epochs, int Images, int Workers, string Data, string Output, bool OnlyReports)
{
    /// <summary>The settings that affect the results, in one line: trials made with other settings must not mix with these.</summary>
    public string Settings => string.Create(
        CultureInfo.InvariantCulture,
        $"{Images} training images, {Epochs} epochs");

    private const string Methods = "--methods";

    private const int DefaultSeeds = 5;

    /// <summary>The command with its options.</summary>
    /// <param name="run">Called with the options; returns the exit code.</param>
    public static RootCommand Command(Func<StudyOptions, int> run)
    {
        var part = List(
            "--part", StudyPart.All[0].Name,
            $"{string.Join("; ", StudyPart.All.Select(part => $"{part.Name}: {part.Description}"))}; all of them: all", StudyPart.Find);
        var quick = new Option<bool>("--quick")
        {
            Description = "Two seeds of the main methods at rate 0.1, in about ten minutes on two cores",
        };
        var methods = List(Methods, "", "Methods to compare in place of a part, separated by commas", Contestant.Parse);
        var samples = List(
            "--samples", "1,2,4,8,0", $"With {Methods}: images per statistic, 0 for the whole batch",
            text => Parse(text, n => n is >= 0 and <= Trial.WholeBatch, $"a whole number from 0 to {Trial.WholeBatch}"));
        var networks = List("--networks", StudyNetwork.All[0].Name,
            $"With {Methods}: networks, some of {string.Join(", ", StudyNetwork.Names)}", StudyNetwork.Find);
        var sets = List("--sets", StudyData.Sets[0],
            $"With {Methods}: sets of images, some of {string.Join(", ", StudyData.Sets)}", StudyData.Find);
        var batch = Options.WholeNumber("--batch", Trial.WholeBatch, 1, Trial.WholeBatch, $"With {Methods}: images per step");
        var rates = List(
            "--rates", "0.05,0.1,0.2,0.4", "Learning rates to choose from, judged on images that are held back", ParseRate);
        var seeds = Options.WholeNumber(
            "--seeds", DefaultSeeds, 1, 1000, $"With {Methods}: trainings of each method at each number of images");
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

        var onlyReports = new Option<bool>("--report")
        {
            Description = "Runs nothing: writes tables and pictures of the trials that the folder has",
        };

        var command = new RootCommand(
            "Trains networks with every normalization at several numbers of images per statistic, and compares them.")
        {
            part, quick, methods, samples, networks, sets, batch, rates, seeds, epochs, images, workers, data, output, onlyReports,
        };
        command.Validators.Add(result =>
        {
            Option[] ofMethods = [samples, networks, sets, batch, seeds];
            var chosen = new Option[] { part, quick, methods }.Where(option => IsGiven(result, option)).ToArray();
            if (chosen.Length > 1)
                result.AddError($"{chosen[0].Name} and {chosen[1].Name} exclude each other.");
            else if (!chosen.Contains(methods) && ofMethods.FirstOrDefault(option => IsGiven(result, option)) is { } alone)
                result.AddError($"{alone.Name} goes with {Methods}, such as {Methods} kalman,batch.");
            else if (chosen.Contains(quick) && IsGiven(result, rates))
                result.AddError("--quick has one rate, 0.1; leave --rates out.");
        });
        command.SetAction(parsed => SettingsCommand.Report(parsed, () => run(new StudyOptions(
            parsed.GetValue(quick) ? StudyPart.Quick : new StudyPlan(
                parsed.GetValue(methods) is { Length: > 0 } named
                    ?
                    [
                        .. from network in Items(parsed.GetValue(networks)!)
                           from set in Items(parsed.GetValue(sets)!)
                           from tried in StudyPart.Grid(
                               new StudyTask(network, set, parsed.GetValue(batch)), Items(named).Select(Contestant.Parse),
                               [.. Items(parsed.GetValue(samples)!).Select(text => int.Parse(text, CultureInfo.InvariantCulture))],
                               parsed.GetValue(seeds))
                           select tried,
                    ]
                    : StudyPart.Find(parsed.GetValue(part)!),
                [.. Items(parsed.GetValue(rates)!).Select(ParseRate)]),
            parsed.GetValue(epochs),
            parsed.GetValue(images),
            parsed.GetValue(workers),
            parsed.GetValue(data)!,
            parsed.GetValue(output)!,
            parsed.GetValue(onlyReports)))));
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

    private static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };

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
