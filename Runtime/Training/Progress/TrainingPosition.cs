namespace KnDsl.Training;

/// <summary>A place in a training, between two steps.</summary>
/// <param name="Step">Steps of the optimizer that were made.</param>
/// <param name="Epoch">The epoch, from 0.</param>
/// <param name="Batch">Batches of the epoch that were used.</param>
public readonly record struct TrainingPosition(long Step, int Epoch, long Batch);
