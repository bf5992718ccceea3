namespace KnDsl;

/// <summary>Moments of a rectified normal, and their derivatives by the normal's mean and variance.</summary>
internal readonly record struct RectifiedMoments(
    double Mean, double Variance, double MeanByMean, double MeanByVariance, double VarianceByMean,
    double VarianceByVariance);
