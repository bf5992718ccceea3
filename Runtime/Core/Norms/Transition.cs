namespace KnDsl;

/// <summary>How a Kalman normalization layer's state becomes the prior of the next layer.</summary>
public enum Transition
{
    /// <summary>
    /// Moments pass every operation in closed form: the state of a layer's output is a Gaussian per channel with mean
    /// <c>bias</c> and variance <c>weight^2</c> times what the filter left of the observed one.
    /// </summary>
    Analytic,

    /// <summary>
    /// The released code of Wang et al. (NeurIPS 2018): one Gaussian pseudo-feature map per micro-batch, drawn with the
    /// filtered statistics, passes the same weights, and its moments are the prior. Shortcuts carry the prior on.
    /// </summary>
    Sampled,

    /// <summary>
    /// The paper's state-space form: analytic moments arrive, and every layer learns a transition and a process noise per
    /// channel, m0 = a m + b and v0 = a^2 v + r with r at least 0.
    /// </summary>
    Learned,
}
