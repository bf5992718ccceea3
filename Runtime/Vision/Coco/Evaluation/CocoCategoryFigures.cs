namespace KnDsl.Vision;

/// <summary>The figures of one category, over objects of all sizes.</summary>
/// <param name="Category">The category.</param>
/// <param name="Ap">The mean precision over the IoU thresholds from 0.50 to 0.95 and the recalls from 0 to 1.</param>
/// <param name="Ap50">The mean precision at an IoU of 0.50.</param>
public sealed record CocoCategoryFigures(CocoCategory Category, double Ap, double Ap50);
