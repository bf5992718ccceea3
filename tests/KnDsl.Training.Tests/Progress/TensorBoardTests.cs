using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Tensorboard;
using Xunit;

namespace KnDsl.Training.Tests.Progress;

public sealed class TensorBoardTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Steps_and_evaluations_are_events_of_their_time()
    {
        SimulatedTraining.Run(new TensorBoardLog(_folder.Path, every: 5), 0, 10);
        var events = Read();
        Assert.Equal(
            [
                (5, "training/loss", 0.4f), (5, "training/learning rate", 0.075f), (5, "training/gradient norm", 1.5f),
                (5, "evaluation/error", 20f), (5, "evaluation/loss", 0.6f),
            ],
            events.Select(Scalar).Take(5));
        Assert.All(events, one => Assert.InRange(
            DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeSeconds((long)one.WallTime), TimeSpan.Zero, TimeSpan.FromMinutes(1)));
    }

    /// <summary>Every place that the last file can end at, in the middle of an event as well.</summary>
    [Fact]
    public void A_training_that_goes_on_has_the_events_of_one_that_was_never_interrupted()
    {
        SimulatedTraining.Run(new TensorBoardLog(_folder.Path, every: 1), 0, 20);
        var whole = Read().Select(Scalar).ToArray();
        File.Delete(Assert.Single(Directory.GetFiles(_folder.Path)));

        SimulatedTraining.Run(new TensorBoardLog(_folder.Path, every: 1), 0, 8);
        var file = Assert.Single(Directory.GetFiles(_folder.Path));
        var bytes = File.ReadAllBytes(file);
        for (var cut = 0; cut < 60; cut++)
        {
            foreach (var other in Directory.GetFiles(_folder.Path))
                File.Delete(other);
            File.WriteAllBytes(file, bytes[..^cut]);
            SimulatedTraining.Run(new TensorBoardLog(_folder.Path, every: 1), 6, 20);
            Assert.Equal(2, Directory.GetFiles(_folder.Path).Length);
            Assert.Equal(whole, Read().Select(Scalar));
        }
    }

    [Fact]
    public void A_full_disk_is_said_with_the_path_and_the_file_stays_whole()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var log = new TensorBoardLog(_folder.Path, every: 1);
        SimulatedTraining.Run(log, 0, 3);
        var file = Assert.Single(Directory.GetFiles(_folder.Path));
        File.Delete(file);
        File.CreateSymbolicLink(file, "/dev/full");
        var e = Assert.Throws<RunFileException>(() => log.Stepped(SimulatedTraining.Step(4)));
        Assert.Equal($"{file}: the disk is full. Free some space, or name a folder on another disk.", e.Message);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_named()
    {
        var folder = Path.Combine(_folder.Write("a", ""), "tensorboard");
        Assert.StartsWith(
            folder + ": ",
            Assert.Throws<RunFileException>(() => new TensorBoardLog(folder).Started(SimulatedTraining.Plan())).Message);
    }

    private static (long, string, float) Scalar(Event one) => (one.Step, one.Summary.Value[0].Tag, one.Summary.Value[0].SimpleValue);

    /// <summary>The events of all files with a value, in the order in which TensorBoard reads them.</summary>
    private List<Event> Read()
    {
        var events = new List<Event>();
        foreach (var path in Directory.GetFiles(_folder.Path).Order(StringComparer.Ordinal))
        {
            using var reader = new BinaryReader(File.OpenRead(path));
            while (reader.BaseStream.Position < reader.BaseStream.Length)
            {
                var length = reader.ReadInt64();
                reader.ReadUInt32();
                events.Add(Event.Parser.ParseFrom(reader.ReadBytes((int)length)));
                reader.ReadUInt32();
            }
        }
        return [.. events.Where(one => one.Summary is not null)];
    }
}
