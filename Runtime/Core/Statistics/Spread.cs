using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The mean square of (x - m) / sqrt(v + eps) over all statistics of a layer: 1 where the observation was taken as it is, more where the
/// filtered variance falls short of what is observed. No gradient flows through it.
/// </summary>
/// <param name="Number">The number, where the host knows it.</param>
/// <param name="OnDevice">The number where the device works, []; null where the host knows it.</param>
internal readonly record struct Spread(double Number, Tensor? OnDevice = null);
