using System;
using System.Collections.Generic;
using System.IO;

namespace KnDsl.Vision.Tests.Coco;

/// <summary>The program of docs/coco.md.</summary>
internal static class PageExample
{
    public static void Run(
        Func<string, IEnumerable<(double Left, double Top, double Right, double Bottom, int Label, double Score)>> detect)
    {
        var set = CocoAnnotations.Read("annotations/instances_val2017.json");
        var results = new List<CocoResult>();
        foreach (var image in set.Images)
        {
            foreach (var (left, top, right, bottom, label, score) in detect(Path.Combine("val2017", image.FileName)))
            {
                var category = set.CategoryOfLabel(label)!;
                results.Add(new(image.Id, category.Id, CocoBox.FromCorners(left, top, right, bottom), score));
            }
        }
        CocoResults.Write("results.json", results);

        var summary = CocoEvaluator.Evaluate(set, results);
        Console.Write(summary);                                   // AP, AP50, AP75 and so on, a line for each
        foreach (var (category, ap, _) in summary.ByCategory)
            Console.WriteLine($"{category.Name}: {ap:0.000}");
    }
}
