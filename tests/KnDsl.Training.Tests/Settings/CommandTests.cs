using System;
using System.CommandLine;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.IO;
using System.Reflection;
using Xunit;

namespace KnDsl.Training.Tests.Settings;

public sealed class CommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Nothing_given_is_the_defaults() =>
        Assert.Empty(SettingsFile.Differences(new ExampleSettings(), Read<ExampleSettings>()));

    [Fact]
    public void Every_kind_of_value_is_read()
    {
        var read = Read<ExampleSettings>(
            "--learning-rate", "2.5e-1", "--batch", "1e2", "--microbatch", "none", "--seed", "-5", "--data", "/a, b", "--weights", "x",
            "--full", "--pinned", "false", "--checkpoint-every", "90s", "--schedule", "poly", "--on", "cuda", "--milestones", "0.1,0.2",
            "0.3", "--methods", "kalman,batch", "--schedules", "Constant,cosine-with-warm-up", "--optimizer-momentum=0.5",
            "--optimizer-decay-norms", "true");
        Assert.Equal(0.25, read.LearningRate);
        Assert.Equal(100, read.Batch);
        Assert.Null(read.Microbatch);
        Assert.Equal(-5, read.Seed);
        Assert.Equal("/a, b", read.Data);
        Assert.Equal("x", read.Weights);
        Assert.True(read.Full);
        Assert.False(read.Pinned);
        Assert.Equal(TimeSpan.FromSeconds(90), read.CheckpointEvery);
        Assert.Equal(Schedule.Polynomial, read.Schedule);
        Assert.Equal("cuda", read.Device);
        Assert.Equal([0.1, 0.2, 0.3], read.Milestones);
        Assert.Equal(["kalman", "batch"], read.Methods);
        Assert.Equal([Schedule.Constant, Schedule.CosineWithWarmUp], read.Schedules);
        Assert.Equal(0.5, read.Optimizer.Momentum);
        Assert.True(read.Optimizer.Decay.Norms);
    }

    [Fact]
    public void An_option_of_a_group_leaves_the_rest_of_the_group_and_shared_defaults_alone()
    {
        var read = Read<ExampleSettings>("--optimizer-decay-weight", "0.5");
        Assert.Equal(0.8, read.Optimizer.Momentum);
        Assert.Equal(0.5, read.Optimizer.Decay.Weight);
        Assert.Equal(1e-4, DecaySettings.Usual.Weight);
    }

    [Fact]
    public void The_command_line_is_over_the_file_and_the_file_over_the_defaults()
    {
        var file = _folder.Write("some.json", """{ "batch": 8, "seed": 7, "optimizer": { "momentum": 0.1 } }""");
        var read = Read<ExampleSettings>("--seed", "9", "--config", file);
        Assert.Equal((8, 9, 0.1, 0.1), (read.Batch, read.Seed, read.LearningRate, read.Optimizer.Momentum));
    }

    [Fact]
    public void A_time_has_a_range() => Assert.Equal(
        (1, "--checkpoint-every is '-5s', expected a time, such as 90s, 15m, 1.5h or 00:15:00, 00:00:00 or more."),
        Fail<RunSettings>("--checkpoint-every", "-5s"));

    [Theory]
    [InlineData("90s", "00:01:30")]
    [InlineData("1.5h", "01:30:00")]
    [InlineData("15m", "00:15:00")]
    [InlineData("2d", "2.00:00:00")]
    [InlineData("250ms", "00:00:00.2500000")]
    [InlineData("00:10:00", "00:10:00")]
    [InlineData("1:30:00", "01:30:00")]
    [InlineData("1.00:00:00", "1.00:00:00")]
    public void A_time_has_a_unit_or_colons(string text, string time) =>
        Assert.Equal(time, Read<ExampleSettings>("--checkpoint-every", text).CheckpointEvery!.Value.ToString("c"));

    [Theory]
    [InlineData("--checkpoint-every 15", "--checkpoint-every is '15', expected a time, such as 90s, 15m, 1.5h or 00:15:00, or none.")]
    [InlineData("--checkpoint-every 3:00:99",
        "--checkpoint-every is '3:00:99', expected a time, such as 90s, 15m, 1.5h or 00:15:00, or none.")]
    [InlineData("--checkpoint-every 1e300d",
        "--checkpoint-every is '1e300d', expected a time, such as 90s, 15m, 1.5h or 00:15:00, or none.")]
    [InlineData("--checkpoint-every s", "--checkpoint-every is 's', expected a time, such as 90s, 15m, 1.5h or 00:15:00, or none.")]
    [InlineData("--checkpoint-every 1x", "--checkpoint-every is '1x', expected a time, such as 90s, 15m, 1.5h or 00:15:00, or none.")]
    [InlineData("--checkpoint-every 15:00", "--checkpoint-every is '15:00', expected a time, such as 90s, 15m, 1.5h or 00:15:00, or none.")]
    [InlineData("--checkpoint-every 24:00:00",
        "--checkpoint-every is '24:00:00', expected a time, such as 90s, 15m, 1.5h or 00:15:00, or none.")]
    [InlineData("--learning-rate fast", "--learning-rate is 'fast', expected a number above 0.")]
    [InlineData("--learning-rate 0,1", "--learning-rate is '0,1', expected a number above 0.")]
    [InlineData("--learning-rate nan", "--learning-rate is 'nan', expected a number above 0.")]
    [InlineData("--learning-rate 0", "--learning-rate is '0', expected a number above 0.")]
    [InlineData("--batch 1.5", "--batch is '1.5', expected a whole number, 1 or more.")]
    [InlineData("--batch 3000000000", "--batch is '3000000000', expected a whole number, 1 or more.")]
    [InlineData("--batch 0", "--batch is '0', expected a whole number, 1 or more.")]
    [InlineData("--microbatch -1", "--microbatch is '-1', expected a whole number from 0 to 1000, or none.")]
    [InlineData("--full yes", "--full is 'yes', expected true or false.")]
    [InlineData("--schedule cosine-with-warmup",
        "--schedule is 'cosine-with-warmup', expected one of constant, cosine-with-warm-up, poly. Did you mean 'cosine-with-warm-up'?")]
    [InlineData("--schedule 1", "--schedule is '1', expected one of constant, cosine-with-warm-up, poly.")]
    [InlineData("--on cudda", "--on is 'cudda', expected one of cpu, cuda. Did you mean 'cuda'?")]
    [InlineData("--milestones 0.5,2", "--milestones is '2', expected a number from 0 to 1.")]
    [InlineData("--optimizer-momentum 1", "--optimizer-momentum is '1', expected a number, 0 or more and below 1.")]
    [InlineData("--microbatch 100",
        "--microbatch, --batch (the default): a statistic of 100 images does not fit in a batch of 64.")]
    public void A_wrong_value_is_refused_with_what_would_be_right(string line, string message)
    {
        var (code, error) = Fail<ExampleSettings>(line.Split(' '));
        Assert.Equal(1, code);
        Assert.Equal(message, error);
    }

    [Fact]
    public void Lengths_of_lists_are_checked_by_their_attributes() =>
        Assert.StartsWith("--milestones is 0.1,0.2,0.3,0.4,0.5: ", Fail<ExampleSettings>("--milestones", "0.1,0.2,0.3,0.4,0.5").Error);

    [Fact]
    public void All_problems_are_said_at_once() =>
        Assert.Equal(3, Fail<ExampleSettings>("--batch", "x", "--seed", "y", "--full", "z").Error.Split('\n').Length);

    [Theory]
    [InlineData("--batsh 3", "--batsh is no option. Did you mean '--batch'?")]
    [InlineData("--batsh=3", "--batsh is no option. Did you mean '--batch'?")]
    [InlineData("--momentum 0.5", "--momentum is no option.")]
    [InlineData("stray", "'stray' belongs to no option, expected the name of one before it.")]
    [InlineData("--seed 1 --seed 2", "Option '--seed' expects a single argument but 2 were provided.")]
    [InlineData("--seed", "Required argument missing for option: '--seed'.")]
    public void What_is_no_option_is_refused_without_the_whole_help(string line, string message)
    {
        var (code, error) = Fail<ExampleSettings>(line.Split(' '));
        Assert.Equal(1, code);
        Assert.Equal($"{message}\n--help lists all options.", error.ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData("trian", "'trian' is no command. Did you mean 'train'?")]
    [InlineData("trian --epochs 3", "'trian' is no command. Did you mean 'train'?")]
    [InlineData("begin", "'begin' is no command. Expected train or test.")]
    [InlineData("--epochs 3", "--epochs is no option.\nRequired command was not provided.")]
    [InlineData("", "Required command was not provided.")]
    public void What_is_no_command_is_refused_with_what_was_meant(string line, string message)
    {
        var error = new StringWriter();
        RootCommand program = [new Command("train"), new Command("test")];
        var code = program.Run(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), new InvocationConfiguration { Error = error });
        Assert.Equal(1, code);
        Assert.Equal($"{message}\n--help lists all options.", error.ToString().Trim().ReplaceLineEndings("\n"));
    }

    [Fact]
    public void A_value_may_begin_with_an_at_sign() => Assert.Equal("@x", Read<ExampleSettings>("--data", "@x").Data);

    [Fact]
    public void A_required_setting_that_is_missing_is_named()
    {
        Assert.Equal(
            "--data is missing: give it, or \"data\" in a json file; expected a text.", Fail<RequiredSettings>("--epochs", "1").Error);
        Assert.Equal("x", Read<RequiredSettings>("--data", "x").Data);
    }

    [Fact]
    public void The_help_has_every_setting_with_what_it_may_be_and_its_default()
    {
        var output = new StringWriter();
        SettingsCommand.Create<ExampleSettings>("Tries.", _ => 0).Run(["--help"], new InvocationConfiguration { Output = output });
        var help = string.Join(' ', output.ToString().Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("--learning-rate <number> The highest rate: a number above 0 [default: 0.1]", help);
        Assert.Contains("--full <true|false> true or false [default: false]", help);
        Assert.Contains("--optimizer-momentum <number> a number, 0 or more and below 1 [default: 0.8]", help);
        Assert.Contains("--milestones <numbers> a list, each item a number from 0 to 1 [default: 0.3,0.6]", help);
        Assert.Contains("--config <file>", help);
        Assert.DoesNotContain("--half", help);
    }

    [Fact]
    public void Settings_of_a_flattened_record_are_options_of_their_own_names()
    {
        var read = Read<FlatSettings>("--batch", "8", "--norms", "--optimizer-momentum", "0.5", "--second-momentum", "0.25");
        Assert.Equal((3, 8, "runs", true), (read.Epochs, read.Shared.Batch, read.Shared.Runs, read.Shared.Decay.Norms));
        Assert.Equal((0.5, 0.25), (read.Optimizer.Momentum, read.Shared.Second.Momentum));
        Assert.Equal(16, Read<FlatSettings>().Shared.Batch);
        Assert.Equal("--batch is '0', expected a whole number from 1 to 1000.", Fail<FlatSettings>("--batch", "0").Error);
        Assert.Equal(
            "--batch, --epochs (the default): there are too few epochs for such batches.", Fail<FlatSettings>("--batch", "301").Error);
    }

    [Theory]
    [InlineData(typeof(OfUnknownType), "Uri")]
    [InlineData(typeof(OfOneName), "two settings for --a-b")]
    [InlineData(typeof(OfItself), "contains itself")]
    [InlineData(typeof(OfConfig), "--config")]
    [InlineData(typeof(OfHelp), "--help")]
    [InlineData(typeof(OfSpace), "is no name for a setting")]
    [InlineData(typeof(OfLimit), "every has a limit or an allowed value 1, expected a time")]
    [InlineData(typeof(OfValues), "parameterless constructor")]
    [InlineData(typeof(OfFlatValue), "OfFlatValue.Seed is no record of settings, and cannot be flattened")]
    [InlineData(typeof(OfFlatNames), "a setting and a group that are both named optimizer")]
    public void A_record_that_cannot_be_one_of_settings_says_why(Type type, string part)
    {
        var make = typeof(CommandTests).GetMethod(nameof(Make), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type);
        var e = Assert.Throws<ArgumentException>(() =>
            make.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [], null));
        Assert.Contains(part, e.Message);
    }

    [Theory]
    [InlineData("de-DE")]
    [InlineData("tr-TR")]
    public void The_culture_changes_nothing(string culture)
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = new CultureInfo(culture);
        try
        {
            var read = Read<ExampleSettings>("--learning-rate", "1.5", "--schedule", "CONSTANT", "--optimizer-momentum", "0.25");
            Assert.Equal((1.5, Schedule.Constant, 0.25), (read.LearningRate, read.Schedule, read.Optimizer.Momentum));
            Assert.Contains("\"learning-rate\": 1.5,", SettingsFile.ToJson(read));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static void Make<T>()
        where T : class => SettingsCommand.Create<T>("", _ => 0);

    private static T Read<T>(params string[] args)
        where T : class
    {
        T? read = null;
        var error = new StringWriter();
        var code = SettingsCommand.Create<T>("Tries.", settings =>
        {
            read = settings;
            return 0;
        }).Run(args, new InvocationConfiguration { Error = error });
        Assert.Equal((0, ""), (code, error.ToString()));
        return read!;
    }

    private static (int Code, string Error) Fail<T>(params string[] args)
        where T : class
    {
        var error = new StringWriter();
        var code = SettingsCommand.Create<T>("Tries.", _ => throw new InvalidOperationException("It ran."))
            .Run(args, new InvocationConfiguration { Error = error, Output = new StringWriter(), EnableDefaultExceptionHandler = false });
        return (code, error.ToString().Trim());
    }

    public sealed record OfUnknownType
    {
        public Uri? Address { get; init; }
    }

    public sealed record OfOneName
    {
        public int AB { get; init; }

        public Inner A { get; init; } = new();

        public sealed record Inner
        {
            public int B { get; init; }
        }

        [SettingName("a-b")]
        public int Other { get; init; }
    }

    public sealed record OfFlatValue
    {
        [Flatten]
        public int Seed { get; init; }
    }

    public sealed record OfFlatNames
    {
        public string Optimizer { get; init; } = "";

        [Flatten]
        public Inner Other { get; init; } = new();

        public sealed record Inner
        {
            public OptimizerSettings Optimizer { get; init; } = new();
        }
    }

    public sealed record OfItself
    {
        public OfItself? Inner { get; init; }
    }

    public sealed record OfConfig
    {
        public string Config { get; init; } = "";
    }

    public sealed record OfHelp
    {
        public bool Help { get; init; }
    }

    public sealed record OfSpace
    {
        [SettingName("a b")]
        public bool One { get; init; }
    }

    public sealed record OfLimit
    {
        [Range(1, 5)]
        public TimeSpan Every { get; init; }
    }

    public sealed record OfValues(int Epochs);
}
