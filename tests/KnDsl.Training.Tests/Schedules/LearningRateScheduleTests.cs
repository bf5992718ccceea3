using System;
using System.Linq;
using Xunit;

namespace KnDsl.Training.Tests.Schedules;

public sealed class LearningRateScheduleTests
{
    [Fact]
    public void A_constant_is_one() =>
        Assert.All(Enumerable.Range(0, 10), step => Assert.Equal(1, LearningRateSchedule.Constant.At(step, 10)));

    /// <summary>ResNet's schedule: 90 epochs, a tenth at 30, 60 and 80.</summary>
    [Fact]
    public void Steps_fall_at_their_places()
    {
        var schedule = LearningRateSchedule.Step(0.1, 30 / 90.0, 60 / 90.0, 80 / 90.0);
        Assert.Equal(
            [1, 1, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001],
            new[] { 0, 29, 30, 59, 60, 79, 80, 89 }.Select(step => Math.Round(schedule.At(step, 90), 12)));
    }

    [Fact]
    public void A_cosine_falls_from_one_to_the_last_share()
    {
        var schedule = LearningRateSchedule.Cosine(last: 0.2);
        Assert.Equal(1, schedule.At(0, 100));
        Assert.Equal(0.6, schedule.At(50, 100), 1e-12);
        Assert.Equal(0.2, schedule.At(99, 100), 1e-3);
    }

    [Fact]
    public void A_polynomial_is_a_power_of_what_is_left()
    {
        Assert.Equal(0.75, LearningRateSchedule.Polynomial().At(25, 100), 1e-12);
        Assert.Equal(Math.Pow(0.75, 0.9) * 0.9 + 0.1, LearningRateSchedule.Polynomial(0.9, last: 0.1).At(25, 100), 1e-12);
    }

    [Fact]
    public void A_warm_up_rises_to_one_and_hands_over()
    {
        var schedule = LearningRateSchedule.Cosine().WarmUp(4);
        Assert.Equal([0.25, 0.5, 0.75, 1, 1], Enumerable.Range(0, 5).Select(step => schedule.At(step, 24)));
        Assert.Equal(LearningRateSchedule.Cosine().At(10, 20), schedule.At(14, 24));
        // A training that is shorter than the warm-up still falls again.
        Assert.Equal([0.5, 1, 1, 0.5], Enumerable.Range(0, 4).Select(step => Math.Round(schedule.At(step, 4), 12)));
    }

    [Fact]
    public void What_makes_no_sense_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Step(0, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Step(0.1, 0.5, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Step(0.1, 30));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Cosine(-0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Polynomial(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Constant.WarmUp(-1));
    }
}
