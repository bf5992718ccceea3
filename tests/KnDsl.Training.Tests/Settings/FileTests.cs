using System;
using System.IO;
using System.Linq;
using System.Text;
using Xunit;

namespace KnDsl.Training.Tests.Settings;

public sealed class FileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_value_has_the_name_that_the_file_has()
    {
        Assert.Equal(
            ["constant", "cosine-with-warm-up", "poly"], Enum.GetValues<Schedule>().Select(value => SettingNameAttribute.Of(value)));
        Assert.Throws<ArgumentException>(() => SettingNameAttribute.Of((Schedule)7));
    }

    [Fact]
    public void What_is_written_is_read_as_equal()
    {
        ExampleSettings[] tries =
        [
            new(),
            new()
            {
                LearningRate = 1e-300, Batch = int.MaxValue, Microbatch = null, Seed = long.MinValue, Data = "ä \"quoted\" \\ \n\u0001 漢字",
                Weights = "", Full = true, Pinned = true, CheckpointEvery = null, Schedule = Schedule.Polynomial, Device = "cuda",
                Milestones = [], Methods = ["a,b", "", "c"], Schedules = [Schedule.Polynomial, Schedule.Constant],
                Optimizer = new() { Momentum = 0.1 + 0.2, Decay = new() { Weight = double.MaxValue, Norms = true } },
            },
            new() { CheckpointEvery = new TimeSpan(123456789012345), LearningRate = 1.0 / 3, Data = "" },
        ];
        foreach (var settings in tries)
        {
            SettingsFile.Write(_folder["settings.json"], settings);
            var read = SettingsFile.Read<ExampleSettings>(_folder["settings.json"]);
            Assert.Empty(SettingsFile.Differences(settings, read));
            Assert.Equal(SettingsFile.ToJson(settings), SettingsFile.ToJson(read));
        }
        Assert.Equal(["settings.json"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void The_form_is_one_that_people_can_write() => Assert.Equal(
        """
        {
          "learning-rate": 0.1,
          "batch": 64,
          "microbatch": 2,
          "seed": 1,
          "data": "data",
          "weights": null,
          "full": false,
          "pinned": null,
          "checkpoint-every": "00:15:00",
          "schedule": "cosine-with-warm-up",
          "on": "cpu",
          "milestones": [
            0.3,
            0.6
          ],
          "methods": [],
          "schedules": [
            "constant"
          ],
          "optimizer": {
            "momentum": 0.8,
            "decay": {
              "weight": 0.0001,
              "norms": false
            }
          }
        }

        """.ReplaceLineEndings("\n"), SettingsFile.ToJson(new ExampleSettings()).ReplaceLineEndings("\n"));

    [Fact]
    public void Settings_of_a_flattened_record_are_entries_of_the_outer_one()
    {
        var settings = new FlatSettings { Shared = new() { Batch = 8, Decay = new() { Norms = true } }, Epochs = 4 };
        SettingsFile.Write(_folder["flat.json"], settings);
        Assert.Equal(
            "{'epochs':4,'batch':8,'runs':'runs','weight':0.0001,'norms':true,"
                + "'second':{'momentum':0.9,'decay':{'weight':0.0001,'norms':false}},"
                + "'optimizer':{'momentum':0.9,'decay':{'weight':0.0001,'norms':false}}}",
            string.Concat(File.ReadAllText(_folder["flat.json"]).Where(c => !char.IsWhiteSpace(c))).Replace('"', '\''));
        Assert.Equal(settings, SettingsFile.Read<FlatSettings>(_folder["flat.json"]));

        File.WriteAllText(_folder["wrong.json"], """{ "shared": { "batch": 8 }, "optimizer": { "batch": 3 } }""");
        var e = Assert.Throws<SettingsException>(() => SettingsFile.Read<FlatSettings>(_folder["wrong.json"]));
        Assert.Equal(
            [
                "(1): shared is no setting. Its settings have no object of their own: write batch, runs, weight, norms, second beside the "
                    + "others.",
                "(1): optimizer.batch is no setting. Write it outside of any other object: \"batch\".",
            ],
            e.Problems.Select(problem => problem.Replace(_folder["wrong.json"], "")));
        var difference = Assert.Single(SettingsFile.Differences(settings, settings with { Shared = settings.Shared with { Runs = "x" } }));
        Assert.Equal(("runs", true), (difference.Name, difference.MayChange));
    }

    [Theory]
    [InlineData("{\n  // the rate\n  \"learning-rate\": 1,\n}")]
    [InlineData("\r\n{\"learning-rate\":1.0e0}")]
    [InlineData("{ \"learning-rate\": 1 /* one */ }")]
    public void Comments_and_a_last_comma_are_allowed(string json) => Assert.Equal(1, Read(json).LearningRate);

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    public void A_mark_of_the_encoding_is_understood(string encoding)
    {
        File.WriteAllText(_folder["a.json"], """{ "data": "ä" }""", Encoding.GetEncoding(encoding));
        Assert.Equal("ä", SettingsFile.Read<ExampleSettings>(_folder["a.json"]).Data);
    }

    [Theory]
    [InlineData("{\n\n  \"learnin-rate\": 1\n}", "(3): learnin-rate is no setting. Did you mean 'learning-rate'?")]
    [InlineData("{ \"learningRate\": 1 }", "(1): learningRate is no setting. Did you mean 'learning-rate'?")]
    [InlineData("{ \"learning_rate\": 1 }", "(1): learning_rate is no setting. Did you mean 'learning-rate'?")]
    [InlineData("{ \"momentum\": 0.5 }", "(1): momentum is no setting. Write it as \"optimizer\": { \"momentum\": ... }.")]
    [InlineData("{ \"optimizer.momentum\": 0.5 }",
        "(1): optimizer.momentum is no setting. Write it as \"optimizer\": { \"momentum\": ... }.")]
    [InlineData("{ \"optimizer\": {\n\"seed\": 3 } }",
        "(2): optimizer.seed is no setting. Write it outside of any other object: \"seed\".")]
    [InlineData("{ \"optimizer\": { \"xyzzyx\": 3 } }", "(1): optimizer.xyzzyx is no setting. Expected one of momentum, decay.")]
    [InlineData("{ \"optimizer\": 3 }", "(1): optimizer is 3, expected an object with settings.")]
    [InlineData("{\n\"learning-rate\": \"0.1\" }", "(2): learning-rate is \"0.1\", expected a number above 0.")]
    [InlineData("{ \"learning-rate\": null }", "(1): learning-rate is null, expected a number above 0.")]
    [InlineData("{ \"learning-rate\": -1 }", "(1): learning-rate is -1, expected a number above 0.")]
    [InlineData("{ \"learning-rate\": 1e999 }", "(1): learning-rate is 1e999, expected a number above 0.")]
    [InlineData("{ \"data\": 3 }", "(1): data is 3, expected a text.")]
    [InlineData("{ \"batch\": true }", "(1): batch is true, expected a whole number, 1 or more.")]
    [InlineData("{ \"microbatch\": \"none\" }", "(1): microbatch is \"none\", expected a whole number from 0 to 1000, or null.")]
    [InlineData("{ \"full\": \"true\" }", "(1): full is \"true\", expected true or false.")]
    [InlineData("{ \"full\": 1 }", "(1): full is 1, expected true or false.")]
    [InlineData("{ \"milestones\": 0.5 }", "(1): milestones is 0.5, expected a list, each item a number from 0 to 1.")]
    [InlineData("{ \"milestones\": [0.5,\n 2] }", "(2): milestones[1] is 2, expected a number from 0 to 1.")]
    [InlineData("{ \"milestones\": [null] }", "(1): milestones[0] is null, expected a number from 0 to 1.")]
    [InlineData("{ \"on\": \"cudda\" }", "(1): on is \"cudda\", expected one of cpu, cuda. Did you mean 'cuda'?")]
    [InlineData("{ \"batch\": 1,\n\"seed\": 2,\n\"batch\": 1 }", "(3): batch is given twice, first in line 1; expected it once.")]
    [InlineData("[1]", "(1): this is a list, expected an object with settings.")]
    [InlineData("{\n\"batch\": 1\n\"seed\": 2 }", "(3): this is no json: ")]
    [InlineData("{ \"batch\": 1", "(1): this is no json: ")]
    [InlineData("{} {}", "(1): this is no json: ")]
    [InlineData("{ \"data\": \"\\ud800\" }", ": this is no json: ")]
    [InlineData("  \n", " is empty, expected a json object with settings, at least {}.")]
    [InlineData("{ \"batch\": 4,\n\"microbatch\": 8 }",
        "(2): microbatch, FILE(1): batch: a statistic of 8 images does not fit in a batch of 4.")]
    public void A_mistake_is_said_with_its_place_and_what_would_be_right(string json, string message)
    {
        var e = Assert.Throws<SettingsException>(() => Read(json));
        Assert.StartsWith("FILE" + message, Assert.Single(e.Problems).Replace(_folder["some.json"], "FILE"));
    }

    [Fact]
    public void A_file_that_is_none_is_named()
    {
        Assert.Equal(
            $"{_folder["none.json"]} does not exist, expected a json file with settings.",
            Assert.Throws<SettingsException>(() => SettingsFile.Read<ExampleSettings>(_folder["none.json"])).Message);
        Assert.Equal(
            $"{_folder.Path} is a folder, expected a json file with settings.",
            Assert.Throws<SettingsException>(() => SettingsFile.Read<ExampleSettings>(_folder.Path)).Message);
    }

    [Fact]
    public void Differences_are_named_with_both_values()
    {
        var differences = SettingsFile.Differences(
            new ExampleSettings(),
            new ExampleSettings { Data = "x", Milestones = [0.3, 0.6], Microbatch = null, Optimizer = new() { Momentum = 0 } });
        Assert.Equal(
            [("microbatch", "2", "none", false), ("data", "data", "x", true), ("optimizer.momentum", "0.8", "0", false)],
            differences.Select(d => (d.Name, d.Before, d.Now, d.MayChange)));
    }

    [Fact]
    public void A_default_that_is_out_of_range_is_found() => Assert.Equal(
        "--share (the default) is 2, expected a number from 0 to 1.",
        Assert.Throws<SettingsException>(() => SettingsFile.Read<WrongDefault>(_folder.Write("a.json", "{}"))).Message);

    private ExampleSettings Read(string json) => SettingsFile.Read<ExampleSettings>(_folder.Write("some.json", json));

    public sealed record WrongDefault
    {
        [System.ComponentModel.DataAnnotations.Range(0.0, 1.0)]
        public double Share { get; init; } = 2;
    }
}
