using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Xunit;

namespace KnDsl.Training.Tests.Progress;

public sealed class CsvLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Steps => _folder["steps.csv"];

    private string Evaluations => _folder["evaluations.csv"];

    [Fact]
    public void A_row_is_written_when_it_is_made()
    {
        using var log = new CsvLog(_folder.Path);
        SimulatedTraining.Run(log, 0, 5);
        Assert.Equal(
            [
                "step,epoch,batch,loss,learning_rate,gradient_norm,samples,seconds,waited",
                "1,0,1,2,0.095,1.5,32,0.500,0.050",
                "2,0,2,1,0.09,1.5,32,1.000,0.100",
            ],
            ReadWhileOpen(Steps).Take(3));
        Assert.Equal(["step,epoch,batch,seconds,best,error,loss", "5,1,0,2.500,1,20,0.6"], ReadWhileOpen(Evaluations));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(3, false)]
    [InlineData(5, false)]
    [InlineData(5, true)]
    [InlineData(10, true)]
    [InlineData(13, false)]
    public void A_training_that_goes_on_has_the_rows_of_one_that_was_never_interrupted(long checkpoint, bool evaluatesAgain)
    {
        Write(log => SimulatedTraining.Run(log, 0, SimulatedTraining.Steps));
        var (steps, evaluations) = (File.ReadAllText(Steps), File.ReadAllText(Evaluations));
        File.Delete(Steps);
        File.Delete(Evaluations);

        Write(log => SimulatedTraining.Run(log, 0, 13));
        Write(log => SimulatedTraining.Run(log, checkpoint, SimulatedTraining.Steps, evaluatesAgain));
        Assert.Equal(steps, File.ReadAllText(Steps));
        Assert.Equal(evaluations, File.ReadAllText(Evaluations));
    }

    /// <summary>Killed in the middle of a row, or by a machine that went down: wherever the file ends, it is mended.</summary>
    [Fact]
    public void A_file_that_ends_anywhere_after_the_checkpoint_is_mended()
    {
        Write(log => SimulatedTraining.Run(log, 0, 9));
        var nine = File.ReadAllBytes(Steps);
        Write(log => SimulatedTraining.Run(log, 6, SimulatedTraining.Steps));
        var whole = File.ReadAllText(Steps);
        var six = Encoding.UTF8.GetString(nine).IndexOf("\n7,", StringComparison.Ordinal) + 1;
        for (var end = six; end <= nine.Length; end++)
        {
            foreach (var tail in new byte[][] { [], new byte[7], [.. "x\0y\n"u8] })
            {
                File.WriteAllBytes(Steps, [.. nine.AsSpan(0, end), .. tail]);
                Write(log => SimulatedTraining.Run(log, 6, SimulatedTraining.Steps));
                Assert.Equal(whole, File.ReadAllText(Steps));
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("step,epo")]
    public void A_file_without_a_whole_first_line_is_begun_again(string text)
    {
        File.WriteAllText(Steps, text);
        Write(log => SimulatedTraining.Run(log, 0, 5));
        Assert.Equal(6, File.ReadAllLines(Steps).Length);
    }

    [Fact]
    public void Another_file_of_that_name_is_left_alone()
    {
        File.WriteAllText(Steps, "a,b\n1,2\n");
        var e = Assert.Throws<RunFileException>(() => Write(log => SimulatedTraining.Run(log, 0, 5)));
        Assert.Equal(
            $"{Steps}: this is no such log: its columns are a,b, expected step,epoch,batch,loss,learning_rate,gradient_norm,samples,"
            + "seconds,waited.",
            e.Message);
        Assert.Equal("a,b\n1,2\n", File.ReadAllText(Steps));
    }

    [Theory]
    [InlineData("3,0,3,", "three,0,3,")]
    [InlineData("3,0,3,", "3,zero,3,")]
    public void A_row_that_somebody_damaged_is_named(string row, string damaged)
    {
        Write(log => SimulatedTraining.Run(log, 0, 9));
        var text = File.ReadAllText(Steps).Replace($"\n{row}", $"\n{damaged}");
        File.WriteAllText(Steps, text);
        var e = Assert.Throws<RunFileException>(() => Write(log => SimulatedTraining.Run(log, 6, 9)));
        Assert.StartsWith($"{Steps}(4): '{damaged}", e.Message);
        Assert.Equal(text[..text.IndexOf("\n7,")], File.ReadAllText(Steps)[..text.IndexOf("\n7,")]);
    }

    [Fact]
    public void Time_goes_on_where_it_stopped()
    {
        Write(log => SimulatedTraining.Run(log, 0, 13));
        Write(log => SimulatedTraining.Run(log, 10, 20));
        Assert.Equal(
            Enumerable.Range(1, 20).Select(step => (step * 0.5, Math.Round(step * 0.05, 6))),
            CsvLog.ReadSteps(_folder.Path).Select(step => (step.Elapsed.TotalSeconds, Math.Round(step.Waited.TotalSeconds, 6))));
    }

    [Fact]
    public void What_is_read_is_what_was_reported()
    {
        Write(log =>
        {
            log.Started(SimulatedTraining.Plan());
            log.Stepped(SimulatedTraining.Step(1, norm: null) with { Loss = double.NaN, LearningRate = 1e-7 });
            log.Stepped(SimulatedTraining.Step(2) with { Loss = double.PositiveInfinity });
            log.Evaluated(SimulatedTraining.Evaluation(2));
        });
        Assert.Equal(
            [
                SimulatedTraining.Step(1, norm: null) with { Loss = double.NaN, LearningRate = 1e-7 },
                SimulatedTraining.Step(2) with { Loss = double.PositiveInfinity },
            ],
            CsvLog.ReadSteps(_folder.Path));
        var evaluation = Assert.Single(CsvLog.ReadEvaluations(_folder.Path));
        Assert.Equal(SimulatedTraining.Evaluation(2).Metrics, evaluation.Metrics);
        Assert.True(evaluation.IsBest);
    }

    [Fact]
    public void A_figure_that_comes_later_gets_a_column()
    {
        Write(log =>
        {
            log.Started(SimulatedTraining.Plan());
            log.Evaluated(SimulatedTraining.Evaluation(5));
            log.Evaluated(Of(10, "top, 5", 3));
            log.Evaluated(Of(15, "said \"a\"", 4));
        });
        Write(log =>
        {
            log.Started(SimulatedTraining.Plan(10));
            log.Evaluated(Of(15, "b", 6));
        });
        Assert.Equal(
            [
                "step,epoch,batch,seconds,best,error,loss,\"top, 5\",\"said \"\"a\"\"\",b",
                "5,1,0,2.500,1,20,0.6,,,",
                "10,2,0,5.000,0,,,3,,",
                "15,3,0,7.500,0,,,,,6",
            ],
            File.ReadAllLines(Evaluations));
        Assert.Equal(
            ["error", "loss", "top, 5", "b"], CsvLog.ReadEvaluations(_folder.Path).SelectMany(evaluation => evaluation.Metrics.Keys));
    }

    [Fact]
    public void Of_many_steps_some_are_logged() => Assert.Equal([5, 10, 15, 20], Logged(every: 5));

    /// <summary>A disk that fills up takes a part of a row. Nothing is lost, and nothing half written stays.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void A_row_that_a_full_disk_refused_is_written_when_there_is_room(int taken)
    {
        using var disk = new Disk();
        using var table = new CsvTable("a.csv", disk);
        table.Append(1, ["1", "first"]);
        disk.Room = taken;
        foreach (var step in new[] { 2, 3 })
        {
            var e = Assert.Throws<RunFileException>(() => table.Append(step, [$"{step}", "refused"]));
            Assert.Equal("a.csv: the disk is full. Free some space, or name a folder on another disk.", e.Message);
            Assert.Equal("1,first\n", disk.Text);
        }
        disk.Room = null;
        table.Append(4, ["4", "last"]);
        Assert.Equal("1,first\n2,refused\n3,refused\n4,last\n", disk.Text);
    }

    /// <summary>So a first evaluation on a full disk has its row when there is room.</summary>
    [Fact]
    public void A_new_table_is_begun_with_its_first_row()
    {
        var path = _folder["a.csv"];
        using var table = CsvTable.Open(path, ["step", "name"], long.MaxValue);
        Assert.Equal("", File.ReadAllText(path));
        table.Append(1, ["1", "first"]);
        Assert.Equal("step,name\n1,first\n", File.ReadAllText(path));
    }

    [Fact]
    public void A_full_disk_is_said_with_the_path()
    {
        if (!OperatingSystem.IsLinux())
            return;
        File.CreateSymbolicLink(Steps, "/dev/full");
        var e = Assert.Throws<RunFileException>(() => Write(log => SimulatedTraining.Run(log, 0, 1)));
        Assert.Equal($"{Steps}: the disk is full. Free some space, or name a folder on another disk.", e.Message);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_named()
    {
        var folder = Path.Combine(_folder.Write("a", ""), "log");
        Assert.StartsWith(
            folder + ": ", Assert.Throws<RunFileException>(() => new CsvLog(folder).Started(SimulatedTraining.Plan())).Message);
    }

    [Fact]
    public void A_folder_is_made()
    {
        using (var log = new CsvLog(_folder["new", "log"]))
            SimulatedTraining.Run(log, 0, 3);
        Assert.Equal(3, CsvLog.ReadSteps(_folder["new", "log"]).Count());
    }

    private IEnumerable<long> Logged(int every)
    {
        using (var log = new CsvLog(_folder.Path, every))
            SimulatedTraining.Run(log, 0, SimulatedTraining.Steps);
        return CsvLog.ReadSteps(_folder.Path).Select(step => step.Position.Step);
    }

    private static EvaluationReport Of(long step, string name, double value) => SimulatedTraining.Evaluation(step) with
    {
        Metrics = new Dictionary<string, double> { [name] = value },
        IsBest = false,
    };

    private void Write(Action<CsvLog> write)
    {
        using var log = new CsvLog(_folder.Path);
        write(log);
    }

    private static string[] ReadWhileOpen(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>A file on a disk with little room.</summary>
    private sealed class Disk : MemoryStream
    {
        public int? Room { get; set; }

        public string Text => Encoding.UTF8.GetString(ToArray());

        public override void Write(byte[] buffer, int offset, int count)
        {
            if (Room is not { } room || count <= room)
            {
                base.Write(buffer, offset, count);
                return;
            }
            base.Write(buffer, offset, room);
            throw new IOException("No space left on device", 28);
        }
    }
}
