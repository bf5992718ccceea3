using System;
using System.IO;
using System.Linq;
using KnDsl.Vision.Tests.Coco.Annotations;
using Xunit;

namespace KnDsl.Vision.Tests.Coco.Results;

public sealed class CocoResultsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CocoAnnotations annotations;

    public CocoResultsTests() => annotations = CocoAnnotations.Read(folder.Write("set.json", new SmallSet().ToString()));

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_is_written_is_read()
    {
        var mask = CocoMask.FromPolygon([1, 2, 50, 3, 20, 45], 50, 60);
        CocoResult[] results = [new(7, 18, new(1.5, 2, 30.25, 4), 0.125), new(3, 4, mask, 1e-9), new(3, 18, mask, -3, new(1, 2, 3, 4))];
        CocoResults.Write(folder["results.json"], results);
        var read = CocoResults.Read(folder["results.json"], annotations);
        Assert.Equal(results, read.Results);
        Assert.Empty(read.Skipped);
        Assert.Equal(mask.Box, read.Results[1].Box);
    }

    [Fact]
    public void The_json_is_COCO_s()
    {
        CocoResults.Write(folder["results.json"], [
            new(7, 18, new(1.5, 2, 30.25, 4), 0.125), new(3, 4, CocoMask.FromCounts(50, 60, [44, 92, 2864]), 1)]);
        Assert.Equal(
            """[{"image_id":7,"category_id":18,"bbox":[1.5,2,30.25,4],"score":0.125},"""
                + """{"image_id":3,"category_id":4,"bbox":[0,0,3,50],"segmentation":{"size":[50,60],"counts":"\\1l2`i2"},"score":1}]""",
            File.ReadAllText(folder["results.json"]));
        CocoResults.Write(folder["results.json"], []);
        Assert.Equal("[]", File.ReadAllText(folder["results.json"]));
        Assert.Empty(CocoResults.Read(folder["results.json"], annotations).Results);
    }

    [Fact]
    public void A_mask_alone_has_the_box_around_it_and_polygons_are_drawn()
    {
        var path = folder.Write("results.json", """
            [{"image_id": 3, "category_id": 4, "score": 1, "segmentation": [[10, 10, 20, 10, 20, 30, 10, 30]]},
             {"image_id": 3, "category_id": 4, "score": 1, "segmentation": {"size": [50, 60], "counts": [0, 50, 2950]}}]
            """);
        Assert.Equal([new(10, 10, 10, 20), new(0, 0, 1, 50)], CocoResults.Read(path, annotations).Results.Select(result => result.Box));
    }

    [Theory]
    [InlineData("""{"image_id": 8, "category_id": 4, "bbox": [1, 2, 3, 4], "score": 1}""", "image_id 8 names none of the 2 images of SET")]
    [InlineData("""{"image_id": 7, "category_id": 5, "bbox": [1, 2, 3, 4], "score": 1}""",
        "category_id 5 names none of the 2 categories of SET")]
    [InlineData("""{"image_id": 7, "category_id": 4, "bbox": [1, 2, 3, 4]}""", "'score' is missing")]
    [InlineData("""{"image_id": 7, "category_id": 4, "bbox": [1, 2, 3, 4], "score": "1"}""", "'score' is '1', expected a number")]
    [InlineData("""{"image_id": 7, "category_id": 4, "score": 1}""", "'bbox' and 'segmentation' are missing, expected one of them")]
    [InlineData("""{"image_id": 7, "category_id": 4, "bbox": [1, 2, -3, 4], "score": 1}""",
        "the box is -3 wide and 4 high, expected at least 0")]
    [InlineData("""{"image_id": 7, "category_id": 4, "bbox": [1, 2, 1e300, 1e300], "score": 1}""",
        "the box (1, 2, 1E+300, 1E+300) is not finite")]
    [InlineData("""{"category_id": 4, "bbox": [1, 2, 3, 4], "score": 1}""", "'image_id' is missing")]
    [InlineData("""{"image_id": 7, "bbox": [1, 2, 3, 4], "score": 1}""", "'category_id' is missing")]
    [InlineData("""{"image_id": 7, "category_id": 4, "score": 1, "segmentation": {"size": [50, 60], "counts": [3000]}}""",
        "the RLE is of 50 x 60 pixels, expected height and width of its image, 100 x 120")]
    [InlineData("""{"image_id": 3, "category_id": 4, "score": 1, "segmentation": {"size": [50, 60], "counts": [2999]}}""",
        "'segmentation': the counts of the RLE add up to 2999, expected 50 x 60 = 3000 pixels")]
    [InlineData("7", "is 7, expected an object")]
    public void A_bad_entry_is_named_with_its_file_and_skipped_where_that_is_asked_for(string entry, string problem)
    {
        const string Good = """{"image_id": 7, "category_id": 4, "bbox": [1, 2, 3, 4], "score": 1, "more": [{}]}""";
        var path = folder.Write("results.json", $"[{Good}, {entry}, {Good}]");
        problem = problem.Replace("SET", annotations.Path);
        Assert.Equal($"{path}: results[1]: {problem}", Assert.Throws<CocoException>(() => CocoResults.Read(path, annotations)).Message);
        var read = CocoResults.Read(path, annotations, BadEntries.Skip);
        Assert.Equal(2, read.Results.Count);
        Assert.Equal([new("results[1]", problem)], read.Skipped);
    }

    [Theory]
    [InlineData("", "is empty, expected a json")]
    [InlineData("{}", "is an object, expected a list of results")]
    [InlineData("""[{"image_id": 7, "category_id": 4, "bbox": [1, 2, 3, 4], "score": 1}, {"image""",
        "is cut off after results[0]: the json does not end")]
    public void A_file_that_is_none_of_results_is_refused(string text, string problem)
    {
        var path = folder.Write("results.json", text);
        Assert.Equal($"{path}: {problem}",
            Assert.Throws<CocoException>(() => CocoResults.Read(path, annotations, BadEntries.Skip)).Message);
    }
}
