namespace KnDsl;

/// <summary>The activations that a normalization layer can compute in its own pass over the value.</summary>
public enum Activation
{
    /// <summary>None: the value stays as it is.</summary>
    None,

    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>min(max(0, x), 6).</summary>
    Relu6,

    /// <summary>x min(max(0, x + 3), 6) / 6.</summary>
    Hardswish,

    /// <summary>x sigmoid(x).</summary>
    Silu,

    /// <summary>x times the cumulative normal distribution of x.</summary>
    Gelu,
}
