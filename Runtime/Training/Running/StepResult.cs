namespace KnDsl.Training;

/// <summary>What a step of the optimizer came to in this process.</summary>
/// <param name="LossSum">The sum of the batches' losses; null where they were not to be read.</param>
/// <param name="GradientNorm">The norm of the gradient before clipping; null where it is not clipped.</param>
/// <param name="Samples">The samples of the batches.</param>
public readonly record struct StepResult(double? LossSum, double? GradientNorm, long Samples);
