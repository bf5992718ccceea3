using System;
using System.IO;
using Xunit;

namespace KnDsl.Training.Tests.Progress;

public sealed class ObserverTests
{
    private readonly StringWriter _notices = new();

    [Fact]
    public void A_report_that_cannot_be_written_is_said_once_and_the_others_are_told()
    {
        var last = new Recorder();
        var full = new Broken(new RunFileException("/x/a.csv", "the disk is full."));
        SimulatedTraining.Run(new TrainingObservers([full, last], _notices), 0, 20);
        Assert.Equal(25, last.Calls);
        Assert.Equal("/x/a.csv: the disk is full. The training goes on.", _notices.ToString().Trim());
    }

    /// <summary>Members of the interface that a class leaves out do nothing, and the compiler does not miss them.</summary>
    [Fact]
    public void Every_member_is_handed_on() => Assert.All(
        typeof(ITrainingObserver).GetMethods(),
        member => Assert.NotNull(typeof(TrainingObservers).GetMethod(member.Name)));

    [Fact]
    public void The_end_of_an_epoch_is_handed_on()
    {
        var last = new Recorder();
        new TrainingObservers([last], _notices).EpochEnded(SimulatedTraining.At(3));
        Assert.Equal(1, last.Calls);
    }

    [Fact]
    public void What_fails_before_the_first_step_is_thrown()
    {
        // A folder below a file.
        var log = new CsvLog(Path.Combine(Environment.ProcessPath!, "log"));
        Assert.Throws<RunFileException>(() => new TrainingObservers([log], _notices).Started(SimulatedTraining.Plan()));
    }

    [Fact]
    public void A_mistake_of_an_observer_is_thrown() => Assert.Throws<InvalidOperationException>(
        () => new TrainingObservers([new Broken(new InvalidOperationException())], _notices).Stepped(SimulatedTraining.Step(1)));

    [Fact]
    public void The_trainings_own_exception_is_not_hidden()
    {
        var last = new Recorder();
        var observers = new TrainingObservers([new Broken(new InvalidOperationException("a mistake")), last], _notices);
        observers.Ended(TrainingEnd.Failed, SimulatedTraining.At(3));
        Assert.Equal(1, last.Calls);
        // It does not go on.
        Assert.Equal("a mistake.", _notices.ToString().Trim());
    }

    [Fact]
    public void At_the_end_every_observer_is_told_before_a_mistake_is_thrown()
    {
        var last = new Recorder();
        var observers = new TrainingObservers([new Broken(new InvalidOperationException()), last], _notices);
        Assert.Throws<InvalidOperationException>(() => observers.Ended(TrainingEnd.Finished, SimulatedTraining.At(3)));
        Assert.Equal(1, last.Calls);
    }

    private sealed class Broken(Exception e) : ITrainingObserver
    {
        public void Stepped(StepReport report) => throw e;

        public void Ended(TrainingEnd end, TrainingPosition at) => throw e;
    }

    private sealed class Recorder : ITrainingObserver
    {
        public int Calls { get; private set; }

        public void Started(TrainingPlan plan) => Calls++;

        public void Stepped(StepReport report) => Calls++;

        public void EpochEnded(TrainingPosition at) => Calls++;

        public void Evaluated(EvaluationReport report) => Calls++;

        public void Ended(TrainingEnd end, TrainingPosition at) => Calls++;
    }
}
