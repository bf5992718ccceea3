using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using System;
using KnDsl.Samples.FashionMnist.Data;
using KnDsl.Samples.Study;
using KnDsl.Samples.Study.Data;
using KnDsl.Samples.Study.Methods;
using KnDsl.Samples.Study.Reports;
using KnDsl.Samples.Study.Trials;
using KnDsl.Training;
using Spectre.Console;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Samples.Tests;

public sealed class StudyTests : IDisposable
{
    private static readonly string Results = Path.Combine(Programs.Sample("Study"), "results");

    private readonly DataFolder data = new();
    private readonly DirectoryInfo output = Directory.CreateTempSubdirectory("kndsl-study-");

    public void Dispose()
    {
        data.Dispose();
        output.Delete(recursive: true);
    }

    [Fact]
    public void An_interrupted_study_continues_and_has_the_same_results()
    {
        string[] arguments =
        [
            "--methods", "kalman,group,batch-scaled,kalman-history", "--samples", "1,2,0", "--rates", "0.05,0.1", "--seeds", "2",
        ];
        Run("whole", arguments);
        var trials = Trials("whole");
        // Ten entries, each with two trials for each of its rates and one for each seed.
        Assert.Equal(2 + 10 * (2 * 2 + 2), trials.Length);

        // Cut in the middle of a line, as a power failure would leave it.
        Directory.CreateDirectory(In("cut"));
        var half = string.Join('\n', trials[..20]) + "\n" + trials[20][..9];
        File.WriteAllText(In("cut", "trials.csv"), half);
        var text = Run("cut", arguments);
        Assert.Contains("[19/60]", text, StringComparison.Ordinal);
        Assert.Equal(Sorted(trials), Sorted(Trials("cut")));
        Assert.Equal(File.ReadAllText(In("whole", "study.md")), File.ReadAllText(In("cut", "study.md")));

        // A third time there is nothing to do.
        Assert.DoesNotContain("[", Run("cut", arguments).Split('\n')[1], StringComparison.Ordinal);

        static string[] Sorted(string[] lines) =>
            [.. lines.Select(line => Regex.Replace(line, @",[\d.]+$", "")).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public void Table_and_picture_show_every_entry()
    {
        Run("shown", "--methods", "kalman(0.5/0.1),group", "--samples", "1,0", "--rates", "0.1", "--seeds", "2");
        var table = File.ReadAllText(In("shown", "study.md"));
        Assert.Matches(@"\| kalman\(0\.5/0\.1\) \| \d+\.\d \(\d+\.\d to \d+\.\d\), 2, 0\.1 \| \d+\.\d \(.*\), 2, 0\.1 \|", table);
        Assert.Matches(@"\| group \| \d+\.\d \(.*\), 2, 0\.1 \|  \|", table);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(In("shown", "study.png"))[..4]);
        Assert.Equal(2 + 3 * 2, Trials("shown").Length);
    }

    [Fact]
    public void Trials_of_other_settings_do_not_mix()
    {
        Run("settings", "--methods", "group", "--rates", "0.1", "--seeds", "1");
        var before = File.ReadAllText(In("settings", "trials.csv"));
        var problem = Assert.Throws<RunFileException>(
            () => Run("settings", "--methods", "group", "--rates", "0.1", "--seeds", "1", "--epochs", "2"));
        Assert.Contains("this was made with other settings", problem.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(In("settings", "trials.csv")));

        File.WriteAllText(In("settings", "trials.csv"), "something,else\nquite\n");
        problem = Assert.Throws<RunFileException>(() => Run("settings", "--methods", "group", "--rates", "0.1"));
        Assert.Contains("this is no log of results", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_output_that_cannot_be_made_is_named()
    {
        File.WriteAllText(In("file"), "");
        var problem = Assert.Throws<RunFileException>(() => Run("file", "--methods", "group", "--rates", "0.1"));
        Assert.Equal($"{In("file")}: this is a file, expected a folder.", problem.Message);
    }

    [Fact]
    public void The_committed_tables_are_those_of_the_committed_trials()
    {
        var options = Parse("--part", "all");
        StudyReport.Save(In("study.md"), Committed("trials.csv", options), options);
        Assert.Equal(File.ReadAllText(Path.Combine(Results, "study.md")), File.ReadAllText(In("study.md")));
    }

    [Fact]
    public void The_page_compares_with_the_committed_trials_at_another_rate()
    {
        var batch = Assert.Single(Committed(
            "batch-rate-0.1.csv", Parse("--methods", "batch", "--samples", "0", "--rates", "0.1", "--seeds", "10")));
        var kalman = Committed("trials.csv", Parse()).Where(entry => entry.Case.Contestant.Name == "kalman").ToArray();
        var page = File.ReadAllText(Path.Combine(Programs.Sample("Study"), "..", "..", "docs", "results.md"));
        foreach (var (samples, row) in new[] { (2, "2 images"), (4, "4 images"), (8, "8 images"), (0, "its whole batch") })
        {
            var difference = Difference.Between(kalman.Single(entry => entry.Case.Samples == samples), batch);
            Assert.Equal(10, difference.Seeds);
            var cell = $"{Points(difference.Mean)} ({Points(difference.Low)} to {Points(difference.High)})";
            // A row has the comparison at the chosen rate first, then this one.
            Assert.Matches($@"\n\| {row} \|.*\| {Regex.Escape(cell)} \| {(difference.High <= 0.5 ? "holds" : "missed")}", page);
        }

        static string Points(double difference) => difference.ToString("0.0 worse;0.0 better;0.0", CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Every_network_learns_either_set_in_steps_of_any_size()
    {
        Run("networks", "--methods", "kalman,kalman-wrong-layer", "--samples", "2", "--networks", "residual,bottleneck,plain,gated",
            "--sets", "fashion,garments", "--rates", "0.1", "--seeds", "1");
        Run("networks", "--methods", "batch,instancekalman", "--samples", "2", "--batch", "2", "--rates", "0.1", "--seeds", "1");
        var results = Trials("networks").Skip(2).Select(line => TrialResult.Read(line)!).ToArray();
        Assert.Equal(4 * 2 * 2 + 2, results.Length);
        Assert.All(results, result => Assert.True(double.IsFinite(result.Loss), result.ToLine()));
        Assert.Equal(4 * 2 * 2 + 2, results.Select(result => (result.Trial.Task, result.Trial.Method)).Distinct().Count());
        Assert.True(File.Exists(In("networks", "study-residual-fashion-2.png")));
    }

    [Fact]
    public void A_scene_shows_the_garment_whose_class_is_told_in_front()
    {
        // A white square of class 0, and a frame of class 1 that is white at its edge only.
        byte[] square = [.. Enumerable.Repeat((byte)255, 28 * 28)];
        byte[] frame = [.. Enumerable.Range(0, 28 * 28).Select(i => (byte)(i % 28 is 0 or 27 || i / 28 is 0 or 27 ? 255 : 0))];
        var images = new ImageSet([.. square, .. frame], [0, 1], 28, 28);
        var scenes = GarmentScenes.Make(images, seed: 3);
        Assert.Equal((2, 3, 32, 32), (scenes.Count, scenes.Colors, scenes.Height, scenes.Width));
        Assert.Equal(images.Labels, scenes.Labels);
        Assert.Equal(scenes.Pixels, GarmentScenes.Make(images, seed: 3).Pixels);
        Assert.NotEqual(scenes.Pixels, GarmentScenes.Make(images, seed: 4).Pixels);

        // The square covers what lies behind it: at least 19 x 19 pixels have one color, to each of the three.
        for (var color = 0; color < 3; color++)
        {
            var plane = scenes.Pixels[(color * 32 * 32)..((color + 1) * 32 * 32)];
            Assert.True(plane.GroupBy(value => value).Max(group => group.Count()) >= 19 * 19);
        }
    }

    /// <summary>A garment of another class was drawn until one was found.</summary>
    [Fact]
    public void Scenes_of_one_class_alone_are_refused()
    {
        var images = new ImageSet(new byte[2 * 28 * 28], [4, 4], 28, 28);
        Assert.Equal(
            "the set garments: all 2 images are of one class, and a scene shows two: more of them are needed",
            Assert.Throws<DataException>(() => GarmentScenes.Make(images, seed: 1)).Message);
    }

    [Fact]
    public void The_interval_of_a_difference_is_the_bootstrap_of_its_seeds()
    {
        // Of the means of two draws from {0, 2} a quarter are 0, half are 1 and a quarter are 2.
        var difference = Difference.Between(Errors(3, 7), Errors(3, 5));
        Assert.Equal((1, 0, 2, 2), (difference.Mean, difference.Low, difference.High, difference.Seeds));
        // Only seeds that both have are compared; those of ten normal differences spread as their mean does: 1.96 / sqrt(10).
        var random = new Random(5);
        double[] normal = [.. Enumerable.Range(0, 10).Select(_ =>
            Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))];
        var deviation = Math.Sqrt(normal.Average(x => x * x) - Math.Pow(normal.Average(), 2));
        difference = Difference.Between(Errors([.. normal, 100]), Errors(new double[10]));
        Assert.Equal(10, difference.Seeds);
        Assert.Equal(1.96 * deviation / Math.Sqrt(10), (difference.High - difference.Low) / 2, 0.05);

        static Entry Errors(params double[] errors) =>
            new(new Case(new StudyTask("residual", "fashion", 64), Contestant.Parse("batch"), 2, errors.Length), 0.1, errors, Diverged: 0);
    }

    [Theory]
    [InlineData("--methods kalmann", "there is no method 'kalmann'; expected some of kalman,")]
    [InlineData("--methods kalman(2/0.1)", "gain of the mean is 2, but")]
    [InlineData("--methods group,group", "an item occurs twice")]
    [InlineData("--methods kalman --samples 1,65", "--samples: '65' is not a whole number from 0 to 64.")]
    [InlineData("--rates 0.1,x", "--rates: 'x' is not a number above 0, such as 0.1.")]
    [InlineData("--methods kalman --seeds 0", "--seeds is '0', expected a whole number")]
    [InlineData("--seeds 3", "--seeds goes with --methods, such as --methods kalman,batch.")]
    [InlineData("--quick --part core", "exclude each other.")]
    [InlineData("--quick --rates 0.2", "--quick has one rate, 0.1; leave --rates out.")]
    [InlineData("--part cores", "there is no part 'cores'; expected core, networks, scenes, steps or all.")]
    [InlineData("--methods kalman --networks resnet", "there is no network 'resnet'; expected some of residual, bottleneck, plain")]
    [InlineData("--methods kalman --sets mnist", "there is no set 'mnist'; expected some of fashion, garments.")]
    public void Says_what_is_wrong(string arguments, string message)
    {
        var errors = new StringWriter();
        var code = StudyOptions.Command(_ => throw new InvalidOperationException("nothing is to run"))
            .Parse(arguments.Split(' ')).Invoke(new InvocationConfiguration { Output = TextWriter.Null, Error = errors });
        Assert.Equal(1, code);
        Assert.Contains(message, Regex.Replace(errors.ToString(), @"\s+", " "), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_file_ends_the_program_with_its_name()
    {
        (var code, _, var errors) = await Programs.Run("Study", "--data", In("nowhere"), "--output", In("missing"));
        Assert.Equal(1, code);
        Assert.Equal($"{In("nowhere", "train-images-idx3-ubyte.gz")}: the file does not exist{Environment.NewLine}", errors);
        Assert.False(Directory.Exists(In("missing")));
    }

    [Fact]
    public void The_scaled_control_is_batch_normalization_by_a_share_of_the_variance()
    {
        using var layer = new ScaledPolicy(NormPolicy.Batch()).Create(3);
        using var x = randn(8, 3, 5, 5) * 2 + 1;
        using Tensor mean = x.mean([0, 2, 3], keepdim: true), variance = x.var([0, 2, 3], unbiased: false, keepdim: true);
        using var expected = (x - mean) / (variance * ScaledPolicy.Share).sqrt();
        Assert.True(expected.allclose(layer.call(x), 1e-4, 1e-4));
    }

    [Fact]
    public void The_history_control_has_its_own_past_as_a_prior()
    {
        var policy = NormPolicy.Kalman(new Gain(0.5, 0.25));
        using var layer = new HistoryPolicy(policy).Create(3);
        using var x = randn(8, 3, 5, 5) * 2 + 1;
        // Running averages begin at mean 0 and variance 1.
        using Tensor mu = x.mean([0, 2, 3], keepdim: true), observed = x.var([0, 2, 3], unbiased: false, keepdim: true);
        using Tensor m = mu * 0.5, v = 1 + (observed - 1) * 0.25 + mu.square() * (0.25 * 0.75);
        Assert.True(((x - m) / v.sqrt()).allclose(layer.call(x), 1e-3, 1e-3));
    }

    [Fact]
    public void The_wrong_layer_control_gives_a_layer_the_prior_of_the_one_before()
    {
        var policy = new WrongLayerPolicy(NormPolicy.Kalman(new Gain(0.5, 0.25)));
        using NormLayer first = policy.Create(3), other = policy.Create(4), second = policy.Create(3);
        using Tensor x = randn(8, 3, 5, 5) * 2 + 1, y = randn(8, 4, 5, 5);
        using Tensor zero = zeros(3), one = ones(3), three = ones(3) * 3;
        ChannelState narrow = ChannelState.Gaussian(zero, one, [5, 5]), wide = ChannelState.Gaussian(zero, three, [5, 5]);
        // In the first step the first layer has nobody before it; the second has the first.
        using var unknown = first.call(x, narrow).output;
        using var alone = NormPolicy.Kalman(new Gain(0.5, 0.25)).Create(3);
        Assert.True(unknown.allclose(alone.call(x, null).output, 1e-5, 1e-5));
        Assert.True(second.call(x, wide).output.allclose(alone.call(x, narrow).output, 1e-5, 1e-5));
        Assert.True(first.call(x, narrow).output.allclose(alone.call(x, wide).output, 1e-5, 1e-5));
        // Where no other layer has as many channels, the layer's own prior of the step before takes the place.
        other.call(y, ChannelState.Gaussian(zeros(4), ones(4), [5, 5])).output.Dispose();
    }

    [Fact]
    public void Chained_inference_filters_with_the_prior_that_the_chain_brings()
    {
        using var layer = new ChainedInferencePolicy(NormPolicy.InstanceKalman()).Create(3);
        using var trained = NormPolicy.InstanceKalman().Create(3);
        layer.eval();
        using Tensor x = randn(4, 3, 5, 5) * 2 + 1, mean = ones(3), variance = ones(3) * 2;
        var prior = ChannelState.Gaussian(mean, variance, [5, 5]);
        var (output, emitted, _) = layer.call(x, prior);
        Assert.NotNull(emitted);
        Assert.True(output.allclose(trained.call(x, prior).output, 1e-5, 1e-5));
        Assert.False(output.allclose(trained.call(x, null).output, 1e-2, 1e-2));
    }

    private string Run(string name, params string[] arguments)
    {
        var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(text),
        });
        string[] all = [.. arguments, "--data", data.Path, "--output", In(name), "--workers", "2"];
        if (!arguments.Contains("--epochs"))
            all = [.. all, "--epochs", "1"];
        Assert.Equal(0, StudyJob.Run(Parse(all), console, text));
        return text.ToString();
    }

    private static StudyOptions Parse(params string[] arguments)
    {
        StudyOptions? options = null;
        Assert.Equal(0, StudyOptions.Command(given =>
        {
            options = given;
            return 0;
        }).Parse(arguments).Invoke());
        return options!;
    }

    /// <summary>The entries of a committed log.</summary>
    private IReadOnlyList<Entry> Committed(string name, StudyOptions options)
    {
        // A log that is opened may be repaired, so a copy is.
        File.Copy(Path.Combine(Results, name), In(name));
        return Entry.All(options.Plan, new ResultLog<Trial, TrialResult>(In(name), options.Settings, TrialResult.Format));
    }

    private string[] Trials(string name) => File.ReadAllLines(In(name, "trials.csv"));

    private string In(params string[] path) => Path.Combine([output.FullName, .. path]);
}
