using System;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace KnDsl.Vision.Tests.Coco.Evaluation;

public sealed class CocoEvaluatorTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var each in Figures.Evaluation.EnumerateArray())
            {
                foreach (var type in new[] { "box", "mask" }.Where(type => each.TryGetProperty(type, out _)))
                    cases.Add(each.GetProperty("name").GetString()!, type);
            }
            return cases;
        }
    }

    public void Dispose() => folder.Dispose();

    [Theory, MemberData(nameof(Cases))]
    public void The_twelve_figures_are_those_of_the_published_rules(string name, string type)
    {
        var expected = Case(name);
        var annotations = Annotations(expected);
        var results = CocoResults.Read(folder.Write("results.json", expected.GetProperty("results").GetRawText()), annotations);
        var summary = CocoEvaluator.Evaluate(annotations, results.Results, type == "box" ? CocoIouType.Box : CocoIouType.Mask);
        foreach (var ((figure, value), wanted) in summary.Figures.Zip(expected.GetProperty(type).Numbers()))
            Assert.True(Math.Abs(value - wanted) < 1e-6, $"{figure} is {value}, expected {wanted}");
    }

    [Fact]
    public void Every_rule_has_a_case_in_which_it_decides() =>
        Assert.Equal(22, Figures.Evaluation.EnumerateArray().SelectMany(each => each.GetProperty("decides").EnumerateArray())
            .Select(rule => rule.GetString()).Distinct().Count());

    [Fact]
    public void Some_of_the_images_have_the_figures_of_a_set_without_the_others()
    {
        var expected = Case("random, few categories");
        var annotations = Annotations(expected);
        var results = CocoResults.Read(folder.Write("results.json", expected.GetProperty("results").GetRawText()), annotations).Results;
        var some = annotations.Images.Take(9).Select(image => image.Id).ToHashSet();

        var json = JsonNode.Parse(expected.GetProperty("annotations").GetRawText())!;
        foreach (var (list, id) in new[] { ("images", "id"), ("annotations", "image_id") })
        {
            var kept = json[list]!.AsArray().Where(entry => some.Contains((long)entry![id]!)).Select(entry => entry!.DeepClone()).ToArray();
            json[list] = new JsonArray(kept);
        }
        var part = CocoAnnotations.Read(folder.Write("part.json", json.ToJsonString()));
        Assert.Equal(
            CocoEvaluator.Evaluate(part, results.Where(result => some.Contains(result.ImageId))).Figures,
            CocoEvaluator.Evaluate(annotations, results, imageIds: some).Figures);
        Assert.NotEqual(
            CocoEvaluator.Evaluate(annotations, results).Figures,
            CocoEvaluator.Evaluate(annotations, results, imageIds: some).Figures);
    }

    [Fact]
    public void Each_category_has_its_figures()
    {
        var expected = Case("a category that is not found");
        var annotations = Annotations(expected);
        var results = CocoResults.Read(folder.Write("results.json", expected.GetProperty("results").GetRawText()), annotations);
        var summary = CocoEvaluator.Evaluate(annotations, results.Results);
        Assert.Equal(
            [("category 1", 1.0, 1.0), ("category 2", 0.0, 0.0)],
            summary.ByCategory.Select(category => (category.Category.Name, Math.Round(category.Ap, 9), category.Ap50)));
        Assert.StartsWith("AP         0.500", summary.ToString());
        Assert.Contains("APlarge   -1.000", summary.ToString());
    }

    [Fact]
    public void What_cannot_be_compared_is_refused()
    {
        var annotations = Annotations(Case("one object, found"));
        var box = new CocoBox(10, 10, 10, 10);
        void Check(string message, CocoResult result, CocoIouType type = CocoIouType.Box) =>
            Assert.Equal(message, Assert.Throws<ArgumentException>(() => CocoEvaluator.Evaluate(annotations, [result], type)).Message);

        Check($"a detection is of image 7, which is not in {annotations.Path}", new(7, 1, box, 0.5));
        Check($"a detection is of category 7, which is not in {annotations.Path}", new(1, 7, box, 0.5));
        Check("a detection in image 1 has no mask, and masks are compared", new(1, 1, box, 0.5), CocoIouType.Mask);
        Check("the mask of a detection in image 1 is of 2 x 3 pixels, expected height and width of the image, 200 x 300",
            new(1, 1, CocoMask.FromCounts(2, 3, [6]), 0.5), CocoIouType.Mask);
        Assert.StartsWith("image 7 is not in", Assert.Throws<ArgumentException>(
            () => CocoEvaluator.Evaluate(annotations, [], imageIds: [1, 7])).Message);
        Assert.StartsWith("the score is NaN", Assert.Throws<ArgumentException>(() => new CocoResult(1, 1, box, double.NaN)).Message);
        Assert.StartsWith("the box is -1 wide", Assert.Throws<ArgumentException>(
            () => new CocoResult(1, 1, new(0, 0, -1, 1), 0.5)).Message);
        Assert.StartsWith("the box (Infinity, 0, 1, 1) is not finite", Assert.Throws<ArgumentException>(
            () => new CocoResult(1, 1, new(double.PositiveInfinity, 0, 1, 1), 0.5)).Message);
    }

    [Fact]
    public void An_annotation_without_a_segmentation_has_no_mask_to_compare()
    {
        var path = folder.Write("boxes.json", """
            {"images": [{"id": 1, "file_name": "a.jpg", "width": 9, "height": 9}], "categories": [{"id": 1, "name": "cat"}],
             "annotations": [{"id": 5, "image_id": 1, "category_id": 1, "bbox": [0, 0, 3, 3], "area": 9, "segmentation": []}]}
            """);
        var annotations = CocoAnnotations.Read(path);
        var error = Assert.Throws<CocoException>(() => CocoEvaluator.Evaluate(
            annotations, [new(1, 1, CocoMask.FromCounts(9, 9, [0, 81]), 0.5)], CocoIouType.Mask));
        Assert.Equal($"{path}: annotation (id 5): has no segmentation, which masks are compared with", error.Message);
    }

    private static JsonElement Case(string name) =>
        Figures.Evaluation.EnumerateArray().Single(each => each.GetProperty("name").GetString() == name);

    private CocoAnnotations Annotations(JsonElement each) =>
        CocoAnnotations.Read(folder.Write("annotations.json", each.GetProperty("annotations").GetRawText()), new() { UseCache = false });
}
