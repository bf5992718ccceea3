using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using static KnDsl.Vision.CocoParameters;

namespace KnDsl.Vision;

/// <summary>
/// COCO's twelve figures (<see href="https://cocodataset.org/#detection-eval">cocodataset.org</see>). Each is from 0 to 1, a mean over
/// the categories that have an object of the size, or -1 where none has.
/// </summary>
public sealed class CocoSummary
{
    private const int At50 = 0, At75 = 5;

    internal CocoSummary(CocoIouType type, IReadOnlyList<CategoryCurves> curves)
    {
        double MeanPrecision(int area, int? threshold = null) => Mean(curves, area, category => PrecisionOf(category, area, threshold));
        double MeanRecall(int area, int limit) => Mean(curves, area, category => category.Recall[area, limit]);

        Type = type;
        Ap = MeanPrecision(All);
        Ap50 = MeanPrecision(All, At50);
        Ap75 = MeanPrecision(All, At75);
        ApSmall = MeanPrecision(Small);
        ApMedium = MeanPrecision(Medium);
        ApLarge = MeanPrecision(Large);
        Ar1 = MeanRecall(All, 0);
        Ar10 = MeanRecall(All, 1);
        Ar100 = MeanRecall(All, 2);
        ArSmall = MeanRecall(Small, 2);
        ArMedium = MeanRecall(Medium, 2);
        ArLarge = MeanRecall(Large, 2);
        ByCategory =
        [
            .. curves.Where(category => category.Has(All)).Select(category =>
                new CocoCategoryFigures(category.Category, PrecisionOf(category, All, null), PrecisionOf(category, All, At50))),
        ];
    }

    /// <summary>What was compared.</summary>
    public CocoIouType Type { get; }

    /// <summary>The mean precision over the IoU thresholds from 0.50 to 0.95 and the recalls from 0 to 1: COCO's main figure.</summary>
    public double Ap { get; }

    /// <summary>The mean precision at an IoU of 0.50.</summary>
    public double Ap50 { get; }

    /// <summary>The mean precision at an IoU of 0.75.</summary>
    public double Ap75 { get; }

    /// <summary><see cref="Ap"/> of objects of at most 32 x 32 square pixels.</summary>
    public double ApSmall { get; }

    /// <summary><see cref="Ap"/> of objects of 32 x 32 to 96 x 96 square pixels.</summary>
    public double ApMedium { get; }

    /// <summary><see cref="Ap"/> of objects of at least 96 x 96 square pixels.</summary>
    public double ApLarge { get; }

    /// <summary>The share of objects that is found by one detection of their category in an image, the mean over the thresholds.</summary>
    public double Ar1 { get; }

    /// <summary>The same with ten detections.</summary>
    public double Ar10 { get; }

    /// <summary>The same with a hundred detections.</summary>
    public double Ar100 { get; }

    /// <summary><see cref="Ar100"/> of objects of at most 32 x 32 square pixels.</summary>
    public double ArSmall { get; }

    /// <summary><see cref="Ar100"/> of objects of 32 x 32 to 96 x 96 square pixels.</summary>
    public double ArMedium { get; }

    /// <summary><see cref="Ar100"/> of objects of at least 96 x 96 square pixels.</summary>
    public double ArLarge { get; }

    /// <summary>The figures of each category that has an object that counts, in the order of their ids.</summary>
    public IReadOnlyList<CocoCategoryFigures> ByCategory { get; }

    /// <summary>The twelve figures with their names, in COCO's order.</summary>
    public IReadOnlyList<(string Name, double Value)> Figures =>
    [
        ("AP", Ap), ("AP50", Ap50), ("AP75", Ap75), ("APsmall", ApSmall), ("APmedium", ApMedium), ("APlarge", ApLarge),
        ("AR1", Ar1), ("AR10", Ar10), ("AR100", Ar100), ("ARsmall", ArSmall), ("ARmedium", ArMedium), ("ARlarge", ArLarge),
    ];

    /// <summary>The twelve figures, a line for each.</summary>
    public override string ToString() => Figures.Aggregate(
        new StringBuilder(), (text, figure) => text.AppendLine(CultureInfo.InvariantCulture, $"{figure.Name,-9} {figure.Value,6:0.000}"),
        text => text.ToString());

    private static double PrecisionOf(CategoryCurves category, int area, int? threshold) => threshold is { } one
        ? category.Precision[area, one]
        : Enumerable.Range(0, IouThresholds.Count).Average(each => category.Precision[area, each]);

    private static double Mean(IReadOnlyList<CategoryCurves> curves, int area, Func<CategoryCurves, double> figure) =>
        curves.Where(category => category.Has(area)).Select(figure).DefaultIfEmpty(-1).Average();
}
