using System;
using System.IO;
using System.Threading.Tasks;
using Xunit;

namespace KnDsl.Training.Tests.Runs;

public sealed class ResultLogTests : IDisposable
{
    private const string Start = "# 3 epochs\nname,error\n";

    private static readonly ResultFormat<string, Result> Format = new(
        "name,error", result => result.Name, result => $"{result.Name},{result.Error}",
        line => line.Split(',') is [var name, var error] && int.TryParse(error, out var number) ? new(name, number) : null);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_added_is_there_when_it_is_opened_again()
    {
        var log = Open();
        Assert.Empty(log.Results);
        Parallel.For(0, 100, i => log.Add(new($"n{i}", i)));
        log.Add(new("n5", 7));
        foreach (var one in new[] { log, Open() })
        {
            Assert.Equal(100, one.Results.Count);
            Assert.Equal(7, one.Find("n5")!.Error);
            Assert.Null(one.Find("other"));
        }
        Assert.Equal(2 + 101, File.ReadAllLines(_folder["log.csv"]).Length);
    }

    [Theory]
    [InlineData(Start + "a,1\nb,2\nc", 2)]
    [InlineData(Start + "a,1\nb,2\nc,3", 2)]
    [InlineData(Start + "a,1\r\n", 1)]
    [InlineData(Start, 0)]
    [InlineData("", 0)]
    [InlineData("# 3 ep", 0)]
    [InlineData("# 3 epochs\n", 0)]
    [InlineData("# 3 epochs\nname,error", 0)]
    public void A_line_that_was_cut_off_is_dropped(string text, int results)
    {
        File.WriteAllText(_folder["log.csv"], text);
        Open().Add(new("d", 4));
        Assert.Equal(results + 1, Open().Results.Count);
    }

    [Theory]
    [InlineData("# 4 epochs\nname,error\na,1\n", "this was made with other settings.\n  there: 4 epochs\n  now:   3 epochs\n")]
    [InlineData("# 3 epochs\nname,loss\na,1\n", "this is no log of results, whose second line is name,error.")]
    [InlineData("notes", "this is no log of results")]
    [InlineData("# 4 epochs\n", "this is no log of results")]
    [InlineData(Start + "a,1\nb\nc,3\n", "'b' is no result, expected name,error.")]
    public void Another_file_is_refused_and_left_as_it_is(string text, string message)
    {
        File.WriteAllText(_folder["log.csv"], text);
        var e = Assert.Throws<RunFileException>(Open);
        Assert.StartsWith(_folder["log.csv"], e.Message);
        Assert.Contains(message, e.Message.ReplaceLineEndings("\n"));
        Assert.Equal(text, File.ReadAllText(_folder["log.csv"]));
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_named()
    {
        var e = Assert.Throws<RunFileException>(() => new ResultLog<string, Result>(_folder["none/log.csv"], "3 epochs", Format));
        Assert.Contains("the folder that it is in does not exist", e.Message);
    }

    private ResultLog<string, Result> Open() => new(_folder["log.csv"], "3 epochs", Format);

    private sealed record Result(string Name, int Error);
}
