using System;
using System.IO;
using System.Linq;
using System.Text;
using Xunit;

namespace KnDsl.Vision.Tests.Coco.Annotations;

public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    /// <summary>A change of the small set, the entry that is bad then, and what is wrong with it.</summary>
    public static TheoryData<string, string, string, string> BadEntryCases => new()
    {
        { "annotations.0.image_id", "8", "annotations[0] (id 40)", "image_id 8 names none of the 2 images" },
        { "annotations.0.category_id", "5", "annotations[0] (id 40)", "category_id 5 names none of the 2 categories" },
        { "annotations.2.id", "40", "annotations[2] (id 40)", "another annotation has this id" },
        { "annotations.0.bbox", "[10, 20, 0, 40]", "annotations[0] (id 40)", "the box has no area: it is 0 wide and 40 high" },
        { "annotations.0.bbox", "[10, 20, 30, -4]", "annotations[0] (id 40)", "the box has no area: it is 30 wide and -4 high" },
        { "annotations.0.bbox", "[100, 20, 30, 40]", "annotations[0] (id 40)",
            "the box from (100, 20) to (130, 60) is outside its image of 120 x 100 pixels" },
        { "annotations.0.bbox", "[-2, 20, 30, 40]", "annotations[0] (id 40)",
            "the box from (-2, 20) to (28, 60) is outside its image of 120 x 100 pixels" },
        { "annotations.0.bbox", "[10, 20, 30]", "annotations[0] (id 40)", "'bbox' has 3 numbers, expected 4: x, y, width and height" },
        { "annotations.0.bbox", "[10, 20, 30, null]", "annotations[0] (id 40)", "'bbox[3]' is null, expected a number" },
        { "annotations.0.bbox", "[10, 20, 30, [4]]", "annotations[0] (id 40)", "'bbox[3]' is a list, expected a number" },
        { "annotations.0.bbox", "[10, 20, 30, 1e999]", "annotations[0] (id 40)", "'bbox[3]' is 1e999, expected a number" },
        { "annotations.0.bbox", "{\"x\": 1}", "annotations[0] (id 40)", "'bbox' is an object, expected a list of numbers" },
        { "annotations.0.area", "\"large\"", "annotations[0] (id 40)", "'area' is 'large', expected a number" },
        { "annotations.0.area", "-3", "annotations[0] (id 40)", "'area' is -3, expected at least 0 square pixels" },
        { "annotations.0.iscrowd", "2", "annotations[0] (id 40)", "'iscrowd' is 2, expected 0 or 1" },
        { "annotations.0.image_id", "\"7\"", "annotations[0] (id 40)", "'image_id' is '7', expected a whole number" },
        { "annotations.0.image_id", "7.5", "annotations[0] (id 40)", "'image_id' is 7.5, expected a whole number" },
        { "annotations.0.id", "null", "annotations[0]", "'id' is null, expected a whole number" },
        { "annotations.0", "17", "annotations[0]", "is 17, expected an object" },
        { "annotations.0", "[[1, {}]]", "annotations[0]", "is a list, expected an object" },
        { "annotations.0.segmentation", "[[1, 2, 3, 4]]", "annotations[0] (id 40)",
            "segmentation[0]: a polygon has 2 corners, expected at least 3" },
        { "annotations.0.segmentation", "[[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6, 7]]", "annotations[0] (id 40)",
            "segmentation[1]: a polygon has 7 numbers, expected two for each corner" },
        { "annotations.0.segmentation", "[[]]", "annotations[0] (id 40)", "segmentation[0]: a polygon has 0 corners, expected at least 3" },
        { "annotations.0.segmentation", "[1, 2, 3, 4, 5, 6]", "annotations[0] (id 40)",
            "'segmentation[0]' is 1, expected a list of numbers" },
        { "annotations.0.segmentation", "[[1, 2, 3, 4, 5, 600]]", "annotations[0] (id 40)",
            "the corner (5, 600) of a polygon is outside its image of 120 x 100 pixels" },
        { "annotations.0.segmentation", "\"x\"", "annotations[0] (id 40)",
            "'segmentation' is 'x', expected a list of polygons or an object with 'size' and 'counts'" },
        { "annotations.1.segmentation.counts", "[0, 100, 2901]", "annotations[1] (id 41)",
            "'segmentation': the counts of the RLE add up to more than 3000, expected 50 x 60 = 3000 pixels" },
        { "annotations.1.segmentation.counts", "[0, 100]", "annotations[1] (id 41)",
            "'segmentation': the counts of the RLE add up to 100, expected 50 x 60 = 3000 pixels" },
        { "annotations.1.segmentation.counts", "[100, -100, 3000]", "annotations[1] (id 41)",
            "'segmentation': counts[1] of the RLE is -100, expected a length of at least 0" },
        { "annotations.1.segmentation.counts", "[0, 1.5, 2900]", "annotations[1] (id 41)",
            "'segmentation.counts[1]' is 1.5, expected a length" },
        { "annotations.1.segmentation.counts", "\"0T3d\"", "annotations[1] (id 41)",
            "'segmentation': the compressed RLE ends in the middle of a number, after 2 counts" },
        { "annotations.1.segmentation.counts", "\"0 \"", "annotations[1] (id 41)",
            "'segmentation': character 2 of the compressed RLE is ' ', expected one from '0' to 'o'" },
        { "annotations.1.segmentation.counts", "{}", "annotations[1] (id 41)",
            "'segmentation.counts' is an object, expected a list of lengths or COCO's compressed text" },
        { "annotations.1.segmentation.size", "[60, 50]", "annotations[1] (id 41)",
            "the RLE is of 60 x 50 pixels, expected height and width of its image, 50 x 60" },
        { "annotations.1.segmentation.size", "[50]", "annotations[1] (id 41)", "'segmentation.size' is [50], expected height and width" },
        { "annotations.1.segmentation.size", "[100000, 100000]", "annotations[1] (id 41)",
            "'segmentation': a mask of 100000 x 100000 pixels, expected at least one and at most 2147483647" },
        { "images.1.id", "7", "images[1] (id 7)", "another image has this id" },
        { "images.1.file_name", "\"b.jpg\"", "images[1] (id 3)", "another image has the file 'b.jpg'" },
        { "images.1.file_name", "\"\"", "images[1] (id 3)", "'file_name' is '', expected a text" },
        { "images.1.width", "0", "images[1] (id 3)", "'width' is 0, expected at least 1 pixel and no more than any image has" },
        { "images.1.height", "-5", "images[1] (id 3)", "'height' is -5, expected at least 1 pixel and no more than any image has" },
        { "images.1.width", "2000000000", "images[1] (id 3)", "the image has 2000000000 x 50 pixels, more than any image" },
        { "categories.1.id", "18", "categories[1] (id 18)", "another category has this id" },
        { "categories.1.name", "\"dog\"", "categories[1] (id 4)", "another category has the name 'dog'" },
        { "categories.1.name", "[]", "categories[1] (id 4)", "'name' is a list, expected a text" },
    };

    public void Dispose() => folder.Dispose();

    [Theory, MemberData(nameof(BadEntryCases))]
    public void A_bad_entry_is_named_with_its_file_and_skipped_where_that_is_asked_for(
        string path, string json, string entry, string problem)
    {
        var file = folder.Write("set.json", new SmallSet().Set(path, json).ToString());
        var error = Assert.Throws<CocoException>(() => CocoAnnotations.Read(file));
        Assert.Equal($"{file}: {entry}: {problem}", error.Message);
        Assert.Equal((file, entry, problem), (error.Path, error.Entry, error.Problem));

        foreach (var _ in new[] { "json", "copy" })
        {
            var set = CocoAnnotations.Read(file, new() { BadEntries = BadEntries.Skip });
            Assert.Equal(new(entry, problem), set.Skipped[0]);
            var orphans = entry.StartsWith("annotations", StringComparison.Ordinal) ? 0
                : new SmallSet().Json["annotations"]!.AsArray().Count - set.Annotations.Count;
            Assert.Equal(1 + orphans, set.Skipped.Count);
            Assert.Equal(7, set.Images.Count + set.Categories.Count + set.Annotations.Count + set.Skipped.Count);
        }
    }

    [Theory]
    [InlineData("annotations.0", "bbox", "annotations[0] (id 40)")]
    [InlineData("annotations.0", "area", "annotations[0] (id 40)")]
    [InlineData("annotations.0", "image_id", "annotations[0] (id 40)")]
    [InlineData("annotations.0", "category_id", "annotations[0] (id 40)")]
    [InlineData("annotations.0", "id", "annotations[0]")]
    [InlineData("images.0", "id", "images[0]")]
    [InlineData("images.0", "width", "images[0] (id 7)")]
    [InlineData("images.0", "height", "images[0] (id 7)")]
    [InlineData("images.0", "file_name", "images[0] (id 7)")]
    [InlineData("categories.0", "id", "categories[0]")]
    [InlineData("categories.0", "name", "categories[0] (id 18)")]
    [InlineData("annotations.1.segmentation", "size", "annotations[1] (id 41)")]
    [InlineData("annotations.1.segmentation", "counts", "annotations[1] (id 41)")]
    public void A_field_that_is_missing_is_named(string parent, string field, string entry)
    {
        var file = folder.Write("set.json", new SmallSet().Remove($"{parent}.{field}").ToString());
        var name = parent.EndsWith("segmentation", StringComparison.Ordinal) ? $"segmentation.{field}" : field;
        Assert.Equal($"{file}: {entry}: '{name}' is missing", Assert.Throws<CocoException>(() => CocoAnnotations.Read(file)).Message);
    }

    [Fact]
    public void What_belongs_to_an_entry_that_is_left_out_is_left_out_with_it()
    {
        var file = folder.Write("set.json", new SmallSet().Set("images.0.width", "0").Set("categories.1.name", "\"dog\"").ToString());
        var set = CocoAnnotations.Read(file, new() { BadEntries = BadEntries.Skip });
        Assert.Equal(
            [
                "images[0] (id 7): 'width' is 0, expected at least 1 pixel and no more than any image has",
                "categories[1] (id 4): another category has the name 'dog'",
                "annotations[0] (id 40): its image (id 7) is left out",
                "annotations[1] (id 41): its category (id 4) is left out",
                "annotations[2] (id 42): its image (id 7) is left out",
            ],
            set.Skipped.Select(entry => entry.ToString()));
        Assert.Empty(set.Annotations);
    }

    [Fact]
    public void A_set_without_a_category_is_named()
    {
        var set = new SmallSet().Set("annotations", "[]").Set("categories", "[]");
        var file = folder.Write("set.json", set.ToString());
        Assert.Equal($"{file}: 'categories' has no category", Assert.Throws<CocoException>(() => CocoAnnotations.Read(file)).Message);
        folder.Write("set.json", set.Set("categories", """[{"id": 4, "name": 5}]""").ToString());
        var options = new CocoReadOptions { BadEntries = BadEntries.Skip };
        Assert.StartsWith(
            $"{file}: 'categories' has no category", Assert.Throws<CocoException>(() => CocoAnnotations.Read(file, options)).Message);
    }

    [Fact]
    public void A_category_that_a_network_does_not_know_is_a_bad_entry()
    {
        var file = folder.Write("set.json", new SmallSet().ToString());
        var options = new CocoReadOptions { Categories = ["car", "bus", "cat", "tree", "house", "bird", "cow"] };
        Assert.Equal($"{file}: categories[0] (id 18): 'dog' is none of the 7 categories that are known: "
            + "'car', 'bus', 'cat', 'tree', 'house' and 2 more",
            Assert.Throws<CocoException>(() => CocoAnnotations.Read(file, options)).Message);
        var set = CocoAnnotations.Read(file, options with { BadEntries = BadEntries.Skip });
        Assert.Equal(["categories[0] (id 18)", "annotations[0] (id 40)"], set.Skipped.Select(entry => entry.Entry));
        Assert.Equal([41L, 42], set.Annotations.Select(annotation => annotation.Id));
        Assert.StartsWith(
            "Categories has 'car' at 0 and at 2, but a category has one label: list it once.",
            Assert.Throws<ArgumentException>(() => new CocoReadOptions { Categories = ["car", "dog", "car"] }).Message);
    }

    [Fact]
    public void An_image_whose_file_is_not_there_is_a_bad_entry()
    {
        var file = folder.Write("set.json", new SmallSet().ToString());
        folder.Write("a.jpg", "");
        var options = new CocoReadOptions { ImageFolder = folder.Path };
        Assert.Equal($"{file}: images[0] (id 7): the file 'b.jpg' is not in '{folder.Path}'",
            Assert.Throws<CocoException>(() => CocoAnnotations.Read(file, options)).Message);
        Assert.Equal([3L], CocoAnnotations.Read(file, options with { BadEntries = BadEntries.Skip }).Images.Select(image => image.Id));
        folder.Write("b.jpg", "");
        Assert.Equal(2, CocoAnnotations.Read(file, options).Images.Count);
    }

    [Fact]
    public void A_json_that_is_cut_off_says_after_which_entry_at_every_length()
    {
        var whole = new SmallSet().ToString();
        string[] lasts =
        [
            "images[0] (id 7)", "images[1] (id 3)", "annotations[0] (id 40)", "annotations[1] (id 41)", "annotations[2] (id 42)",
            "categories[0] (id 18)", "categories[1] (id 4)",
        ];
        var found = Enumerable.Range(1, whole.Length - 1).Select(length =>
        {
            var file = folder.Write("set.json", whole[..length]);
            // Not even an option that skips entries takes half a file for a whole one.
            var message = Assert.Throws<CocoException>(() => CocoAnnotations.Read(file, new() { BadEntries = BadEntries.Skip })).Message;
            Assert.StartsWith($"{file}: is cut off", message);
            Assert.EndsWith(": the json does not end", message);
            return message[$"{file}: is cut off".Length..^": the json does not end".Length];
        });
        Assert.Equal(["", .. lasts.Select(entry => $" after {entry}")], found.Distinct());
        Assert.False(File.Exists(folder["set.json.cache"]));
    }

    [Theory]
    [InlineData("", "is empty, expected a json")]
    [InlineData("[]", "is a list, as results are, expected an object with 'images', 'annotations' and 'categories'")]
    [InlineData("\"x\" ", "is 'x', expected an object with 'images', 'annotations' and 'categories'")]
    [InlineData("{}", "has no list 'images'")]
    [InlineData("{\"images\": [], \"annotations\": []}", "has no list 'categories'")]
    [InlineData("{\"images\": [], \"categories\": []}", "has no list 'annotations'")]
    [InlineData("{\"images\": [], \"images\": []}", "has two lists 'images'")]
    [InlineData("{\"images\": {}}", "'images' is an object, expected a list")]
    [InlineData("{\"images\": []} x", "is no json: line 1, byte 16")]
    [InlineData("{\"images\": [\n {\"id\": NaN}]}", "is no json: line 2, byte 9")]
    [InlineData("{\"images\": [{\"id\": 7},\n {\"id\": 01}]}", "is no json: line 2, byte 10 after images[0] (id 7)")]
    [InlineData("\u0089PNG", "is no json: line 1, byte 1")]
    public void A_file_that_is_none_of_annotations_is_refused(string text, string problem)
    {
        var file = folder.Write("set.json", text);
        var error = Assert.Throws<CocoException>(() => CocoAnnotations.Read(file, new() { BadEntries = BadEntries.Skip }));
        Assert.Equal($"{file}: {problem}", error.Message);
        Assert.Null(error.Entry);
    }

    [Fact]
    public void Texts_that_are_not_UTF_8_are_bad_entries()
    {
        var file = folder["set.json"];
        foreach (var (path, entry, problem) in new[]
        {
            ("images.0.file_name", "images[0] (id 7)", "'file_name' is a text that is not UTF-8, expected a text"),
            ("categories.0.name", "categories[0] (id 18)", "'name' is a text that is not UTF-8, expected a text"),
            ("annotations.1.segmentation.counts", "annotations[1] (id 41)",
                "'segmentation.counts' is a text that is not UTF-8, expected a list of lengths or COCO's compressed text"),
        })
        {
            // A name in Latin-1, and half a pair of UTF-16.
            File.WriteAllText(file, new SmallSet().Set(path, "\"gr@n\"").ToString().Replace('@', 'ü'), Encoding.Latin1);
            Assert.Equal($"{file}: {entry}: {problem}", Assert.Throws<CocoException>(() => CocoAnnotations.Read(file)).Message);
            File.WriteAllText(file, new SmallSet().Set(path, "\"gr@n\"").ToString().Replace("@", "\\ud800"));
            Assert.Equal($"{file}: {entry}: {problem}", Assert.Throws<CocoException>(() => CocoAnnotations.Read(file)).Message);
        }
        foreach (var name in new[] { "ü", "\\ud800" })
        {
            File.WriteAllText(file, new SmallSet().Set("annotations.0.@", "7").ToString().Replace("@", name), Encoding.Latin1);
            Assert.Equal(3, CocoAnnotations.Read(file).Annotations.Count);
        }
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        var file = folder["none.json"];
        Assert.Equal($"{file}: there is no such file", Assert.Throws<CocoException>(() => CocoAnnotations.Read(file)).Message);
        var set = CocoAnnotations.Read(folder.Write("set.json", new SmallSet().ToString()));
        foreach (var read in new Action[] { () => CocoAnnotations.Read(folder.Path), () => CocoResults.Read(folder.Path, set) })
            Assert.Equal($"{folder.Path}: is a folder, expected a json", Assert.Throws<CocoException>(read).Message);
    }
}
