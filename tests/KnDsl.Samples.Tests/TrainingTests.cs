using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using KnDsl.Samples.FashionMnist;
using KnDsl.Samples.FashionMnist.Reports;
using KnDsl.Samples.FashionMnist.Training;
using KnDsl.Training;
using Spectre.Console;
using TorchSharp;
using Xunit;

namespace KnDsl.Samples.Tests;

public sealed class TrainingTests : IDisposable
{
    private readonly DataFolder data = new();
    private readonly DirectoryInfo output = Directory.CreateTempSubdirectory("kndsl-run-");

    public void Dispose()
    {
        data.Dispose();
        output.Delete(recursive: true);
    }

    [Fact]
    public void Every_method_can_be_chosen()
    {
        var text = Run("every", epochs: 1, methods: [.. Method.Names]);
        Assert.Matches($"^errors: {string.Join(' ', Method.Names.Select(name => $@"{name}=\d+\.\d"))}$", text.TrimEnd().Split('\n')[^1]);
        Assert.True(File.Exists(In("every", "curves.png")));
    }

    [Fact]
    public void Trains_all_methods_and_reports_in_every_form()
    {
        var text = Run("first", epochs: 8);

        var lines = text.TrimEnd().Split('\n');
        Assert.Matches(@"^errors: kalman=\d+\.\d batch=\d+\.\d group=\d+\.\d$", lines[^1]);
        Assert.Contains(In("first"), text, StringComparison.Ordinal);
        // Three classes that are easy to tell apart: a network that learns gets most of them right, guessing gets two of three wrong.
        Assert.All(Errors(lines[^1]), error => Assert.InRange(error, 0, 20));

        var picture = File.ReadAllBytes(In("first", "curves.png"));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], picture[..4]);
        Assert.All(["kalman", "batch", "group"], method =>
        {
            Assert.Equal(8, CsvLog.ReadEvaluations(In("first", "figures", method)).Count());
            Assert.Equal(8 * 5, CsvLog.ReadSteps(In("first", "figures", method)).Count());
            var log = Encoding.Latin1.GetString(File.ReadAllBytes(
                Directory.GetFiles(In("first", "tensorboard", method), "events.out.tfevents.*").Single()));
            Assert.Contains("training/loss", log, StringComparison.Ordinal);
            Assert.Contains("evaluation/error", log, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void An_output_that_cannot_be_made_is_named()
    {
        File.WriteAllText(In("file"), "");
        var problem = Assert.Throws<RunFileException>(() => Run("file", epochs: 1));
        Assert.Equal($"{In("file")}: this is a file, expected a folder.", problem.Message);
    }

    [Fact]
    public void Repeats_itself_for_a_seed_and_not_for_another()
    {
        Run("a", epochs: 1);
        Run("b", epochs: 1);
        Run("c", epochs: 1, seed: 2);
        Assert.Equal(Curves("a"), Curves("b"));
        Assert.NotEqual(Curves("a"), Curves("c"));

        (double Loss, double Error)[] Curves(string name) =>
        [
            .. from method in new[] { "kalman", "batch", "group" }
               from evaluation in CsvLog.ReadEvaluations(In(name, "figures", method))
               select (evaluation.Metrics["train_loss"], evaluation.Metrics[Course.ErrorMetric]),
        ];
    }

    [Fact]
    public void A_method_does_not_depend_on_those_before_it()
    {
        var all = Run("all", epochs: 1).TrimEnd().Split('\n')[^1];
        var alone = Run("alone", epochs: 1, methods: ["group"]).TrimEnd().Split('\n')[^1];
        Assert.Equal(all.Split(' ')[^1], alone.Split(' ')[^1]);
    }

    [Fact]
    public void All_methods_begin_with_the_same_weights()
    {
        float[][] weights = [.. Method.Names.Select(name =>
        {
            using var network = new ResNetCifar(policy: Method.Create(name, 2).Policy, device: torch.CPU);
            Initialization.Apply(network, seed: 3);
            return network.parameters().Where(p => p.dim() > 1).SelectMany(p => p.data<float>().ToArray()).ToArray();
        })];
        Assert.All(weights, w => Assert.Equal(weights[0], w));
        Assert.True(weights[0].Distinct().Count() > weights[0].Length / 2);
    }

    [Fact]
    public void First_weights_have_the_spread_that_He_derives()
    {
        using var convolution = torch.nn.Conv2d(16, 64, 3);
        Initialization.Apply(convolution, seed: 1);
        using var deviation = convolution.weight.std();
        Assert.Equal(Math.Sqrt(2.0 / (64 * 9)), deviation.item<float>(), 0.002);
        Assert.All(convolution.bias!.data<float>().ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void The_learning_rate_rises_and_falls()
    {
        var settings = new Settings(Epochs: 4, Batch: 64, LearningRate: 0.1, Seed: 1, torch.CPU);
        double[] rates = [.. Enumerable.Range(0, 752).Select(step => Rate(step, 752))];
        Assert.Equal(0.002, rates[0], 1e-12);
        Assert.Equal(0.1, rates[49], 1e-12);
        Assert.Equal(0.1, rates.Max(), 1e-12);
        Assert.Equal(0.05, rates[401], 1e-12);
        Assert.All(rates.Skip(51).Zip(rates.Skip(50)), pair => Assert.True(pair.First < pair.Second));
        Assert.InRange(rates[^1], 0, 1e-5);
        // Shorter than the warm-up: it still comes down.
        Assert.InRange(Rate(9, 10), 0, 0.02);
        Assert.Equal(0.1, Rate(0, 1), 1e-12);

        double Rate(int step, int steps) => settings.LearningRate * settings.ForTrainer().Schedule.At(step, steps);
    }

    [Fact]
    public void Scripts_can_read_the_last_line_in_any_culture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            // Made here: a system without ICU has no culture by name.
            var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            culture.NumberFormat.NumberDecimalSeparator = ",";
            CultureInfo.CurrentCulture = culture;
            Outcome[] outcomes = [Outcome("kalman", 13.84), Outcome("batch", 16.16), Outcome("group", 16)];
            Assert.Equal("errors: kalman=13.8 batch=16.2 group=16.0", ConsoleReport.LastLine(outcomes));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        static Outcome Outcome(string name, double error)
            => new(Method.Create(name, 2), [new Epoch(1, 1, 50, TimeSpan.Zero), new Epoch(2, 0.5, error, TimeSpan.FromSeconds(1))]);
    }

    [Fact]
    public void A_missing_file_ends_the_program_with_its_name()
    {
        var before = Console.Error;
        var errors = new StringWriter();
        try
        {
            Console.SetError(errors);
            var code = typeof(Options).Assembly.EntryPoint!.Invoke(null, [new[] { "--data", In("nowhere") }]);
            Assert.Equal(1, code);
        }
        finally
        {
            Console.SetError(before);
        }
        Assert.Equal(
            $"{In("nowhere", "train-images-idx3-ubyte.gz")}: the file does not exist{Environment.NewLine}", errors.ToString());
    }

    private static IEnumerable<double> Errors(string lastLine)
        => lastLine.Split(' ').Skip(1).Select(pair => double.Parse(pair.Split('=')[1], CultureInfo.InvariantCulture));

    private string In(params string[] parts) => Path.Combine([output.FullName, .. parts]);

    private string Run(string name, int epochs, int seed = 1, string[]? methods = null)
    {
        var text = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
        });
        var options = new Options
        {
            Methods = methods ?? ["kalman", "batch", "group"],
            Microbatch = 2,
            Epochs = epochs,
            // The last batch of an epoch is smaller: 96 is 4 * 20 + 16.
            Batch = 20,
            LearningRate = 0.1,
            Seed = seed,
            Device = "cpu",
            Threads = 1,
            Data = data.Path,
            Full = false,
            Output = In(name),
        };
        Assert.Equal(0, Comparison.Run(options, console, text));
        return text.ToString();
    }
}
