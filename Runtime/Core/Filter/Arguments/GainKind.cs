namespace KnDsl;

/// <summary>Whether, and how, a gain is learned.</summary>
public enum GainKind
{
    /// <summary>It is a number.</summary>
    Fixed,

    /// <summary>It is a parameter, through a sigmoid.</summary>
    Learned,

    /// <summary>It follows from the samples in each statistic and a learned ratio of variances.</summary>
    Adaptive,
}
