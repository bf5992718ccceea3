using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Training;

/// <summary>
/// The learning rate of every step, as a share of the highest one. A schedule knows no state: the share depends on the step and the
/// number of steps alone, so a training that goes on from a checkpoint has the same rates.
/// </summary>
public abstract record LearningRateSchedule
{
    private protected LearningRateSchedule()
    {
    }

    /// <summary>The same rate in all steps.</summary>
    public static LearningRateSchedule Constant { get; } = new StepSchedule([], 1);

    /// <summary>The rate is multiplied by a factor at some places of the training (ResNet: 0.1 at 1/3, 2/3 and 8/9 of 90 epochs).</summary>
    /// <param name="factor">Above 0.</param>
    /// <param name="at">Shares of the training, above 0 and below 1, ascending.</param>
    /// <exception cref="ArgumentOutOfRangeException">The factor is not above 0, or the places are not ascending shares.</exception>
    public static LearningRateSchedule Step(double factor, params IReadOnlyList<double> at)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(factor);
        if (at.Any(share => !(share > 0 && share < 1)) || at.Zip(at.Skip(1)).Any(pair => !(pair.First < pair.Second)))
        {
            throw new ArgumentOutOfRangeException(
                nameof(at), string.Join(", ", at),
                "expected ascending shares of the training between 0 and 1: epoch 30 of 90 is 30 / 90.0");
        }
        return new StepSchedule([.. at], factor);
    }

    /// <summary>Half a cosine from 1 down to a last share (Loshchilov and Hutter 2017, without restarts).</summary>
    /// <param name="last">The last share, in [0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">The last share is outside [0, 1].</exception>
    public static LearningRateSchedule Cosine(double last = 0) => new CosineSchedule(Share(last));

    /// <summary>(1 - t)^power of the way from 1 down to a last share; a power of 1 is a straight line.</summary>
    /// <param name="power">Above 0.</param>
    /// <param name="last">The last share, in [0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">The power is not above 0, or the last share is outside [0, 1].</exception>
    public static LearningRateSchedule Polynomial(double power = 1, double last = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(power);
        return new PolynomialSchedule(power, Share(last));
    }

    /// <summary>
    /// Steps at first in which the share rises in a straight line, to 1 in the last of them (Goyal et al. 2017); what this schedule says
    /// is spread over the steps after them. A training of fewer than twice as many steps warms up for half of them.
    /// </summary>
    /// <param name="steps">At least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public LearningRateSchedule WarmUp(long steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        return steps == 0 ? this : new WarmUpSchedule(this, steps);
    }

    /// <summary>The share of the highest rate in a step.</summary>
    /// <param name="step">From 0.</param>
    /// <param name="steps">Steps of the whole training, above <paramref name="step"/>.</param>
    public abstract double At(long step, long steps);

    private static double Share(double last) => last is >= 0 and <= 1
        ? last
        : throw new ArgumentOutOfRangeException(nameof(last), last, "expected a share between 0 and 1");

    private sealed record StepSchedule(double[] Places, double Factor) : LearningRateSchedule
    {
        public override double At(long step, long steps) => Math.Pow(Factor, Places.Count(place => step >= Math.Round(place * steps)));
    }

    private sealed record CosineSchedule(double Last) : LearningRateSchedule
    {
        public override double At(long step, long steps) => Last + (1 - Last) * (1 + Math.Cos(Math.PI * step / steps)) / 2;
    }

    private sealed record PolynomialSchedule(double Power, double Last) : LearningRateSchedule
    {
        public override double At(long step, long steps) => Last + (1 - Last) * Math.Pow(1 - (double)step / steps, Power);
    }

    private sealed record WarmUpSchedule(LearningRateSchedule Then, long Length) : LearningRateSchedule
    {
        public override double At(long step, long steps)
        {
            var length = Math.Min(Length, steps / 2);
            return step < length ? (step + 1.0) / length : Then.At(step - length, steps - length);
        }
    }
}
