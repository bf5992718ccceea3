namespace KnDsl;

/// <summary>The gains of a filter: fixed, or learned tensors.</summary>
/// <param name="Fixed">Fixed gains.</param>
/// <param name="Learned">
/// Learned gains of mean and variance instead, [1 or R, 1 or C] each: per layer or channel, and per micro-batch where they
/// follow the samples.
/// </param>
internal sealed record FilterGains(Gain Fixed, Moments? Learned);
