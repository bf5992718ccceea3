using System;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using KnDsl.Samples.Study;
using Spectre.Console;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Samples.Tests;

public sealed class StudyTests : IDisposable
{
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
        // Ten entries, each with two trials for its rate and one for each seed.
        Assert.Equal(2 + 10 * (2 + 2), trials.Length);

        // Cut in the middle of a line, as a power failure would leave it.
        Directory.CreateDirectory(In("cut"));
        var half = string.Join('\n', trials[..20]) + "\n" + trials[20][..9];
        File.WriteAllText(In("cut", "trials.csv"), half);
        var text = Run("cut", arguments);
        Assert.Contains("[19/40]", text, StringComparison.Ordinal);
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
        Assert.Matches(@"\| kalman\(0\.5/0\.1\) \| \d+\.\d \(\d+\.\d to \d+\.\d\), 0\.1 \| \d+\.\d \(.*\), 0\.1 \|", table);
        Assert.Matches(@"\| group \| \d+\.\d \(.*\), 0\.1 \|  \|", table);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(In("shown", "study.png"))[..4]);
        Assert.Equal(2 + 3 * 2, Trials("shown").Length);
    }

    [Fact]
    public void Trials_of_other_settings_do_not_mix()
    {
        Run("settings", "--methods", "group", "--rates", "0.1", "--seeds", "1");
        var before = File.ReadAllText(In("settings", "trials.csv"));
        var problem = Assert.Throws<StudyException>(
            () => Run("settings", "--methods", "group", "--rates", "0.1", "--seeds", "1", "--epochs", "2"));
        Assert.Contains("was made with other settings", problem.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(In("settings", "trials.csv")));

        File.WriteAllText(In("settings", "trials.csv"), "something,else\nquite\n");
        problem = Assert.Throws<StudyException>(() => Run("settings", "--methods", "group"));
        Assert.Contains("is not the log of a study", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_committed_results_are_a_whole_study_with_the_default_options()
    {
        var committed = Path.Combine(Programs.Sample("Study"), "results");
        // A log that is opened may be repaired, so a copy is.
        var log = In("trials.csv");
        File.Copy(Path.Combine(committed, "trials.csv"), log);
        var options = Parse();
        var trials = new TrialLog(log, options.Settings);
        Assert.Empty(options.Plan.Open(trials));
        StudyReport.Save(In("study.md"), Entry.All(options.Plan, trials), options);
        Assert.Equal(File.ReadAllText(Path.Combine(committed, "study.md")), File.ReadAllText(In("study.md")));
    }

    [Theory]
    [InlineData("--methods kalmann", "there is no method 'kalmann'; expected some of kalman,")]
    [InlineData("--methods kalman(2/0.1)", "gain of the mean is 2, but")]
    [InlineData("--methods group,group", "an item occurs twice")]
    [InlineData("--samples 1,65", "--samples: '65' is not a whole number from 0 to 64.")]
    [InlineData("--rates 0.1,x", "--rates: 'x' is not a number above 0, such as 0.1.")]
    [InlineData("--seeds 0", "--seeds is '0', expected a whole number")]
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

    private string[] Trials(string name) => File.ReadAllLines(In(name, "trials.csv"));

    private string In(params string[] path) => Path.Combine([output.FullName, .. path]);
}
