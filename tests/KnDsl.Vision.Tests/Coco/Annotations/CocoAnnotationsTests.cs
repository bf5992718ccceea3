using System;
using System.IO;
using System.Linq;
using System.Text;
using Xunit;

namespace KnDsl.Vision.Tests.Coco.Annotations;

public sealed class CocoAnnotationsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Images_categories_and_objects_are_what_the_json_says()
    {
        var set = CocoAnnotations.Read(folder.Write("set.json", new SmallSet().ToString()));
        Assert.Equal([new(7, "b.jpg", 120, 100), new(3, "a.jpg", 60, 50)], set.Images);
        Assert.Equal([40L, 41, 42], set.Annotations.Select(annotation => annotation.Id));
        Assert.Empty(set.Skipped);
        Assert.Equal([40L, 42], set.AnnotationsOf(set.Images[0]).Select(annotation => annotation.Id));

        var dog = set.Annotations[0];
        Assert.Same(set.Images[0], dog.Image);
        Assert.Equal(("dog", "animal"), (dog.Category.Name, dog.Category.Supercategory));
        Assert.Equal((new CocoBox(10, 20, 30, 40), 600.5, false), (dog.Box, dog.Area, dog.IsCrowd));
        Assert.Equal([10.0, 20, 40, 20, 40, 60], Assert.Single(dog.Segmentation!.Polygons));
        Assert.Equal(CocoMask.FromPolygon([10, 20, 40, 20, 40, 60], 100, 120), dog.ToMask());

        var crowd = set.Annotations[1];
        Assert.True(crowd.IsCrowd);
        Assert.Equal((100, new CocoBox(0, 0, 2, 50)), (crowd.Segmentation!.Mask!.Area, crowd.ToMask()!.Box));
        Assert.Null(set.Annotations[2].ToMask());
    }

    [Fact]
    public void Categories_with_gaps_have_labels_without_and_both_lead_to_each_other()
    {
        var set = CocoAnnotations.Read(folder.Write("set.json", new SmallSet().ToString()));
        Assert.Equal([(4, "car", 0), (18, "dog", 1)], set.Categories.Select(category => ((int)category.Id, category.Name, category.Label)));
        Assert.Equal(1, set.FindCategory(18)!.Label);
        Assert.Equal(18, set.CategoryOfLabel(1)!.Id);
        Assert.Equal(4, set.FindCategory("car")!.Id);
        Assert.Null(set.FindCategory(5));
        Assert.Null(set.FindCategory("cat"));
        Assert.Null(set.CategoryOfLabel(2));
    }

    [Fact]
    public void Images_are_found_by_id_and_by_file()
    {
        var set = CocoAnnotations.Read(folder.Write("set.json", new SmallSet().ToString()));
        Assert.Equal(3, set.FindImage("a.jpg")!.Id);
        Assert.Equal("b.jpg", set.FindImage(7)!.FileName);
        Assert.Null(set.FindImage("c.jpg"));
        Assert.Null(set.FindImage(8));
    }

    [Fact]
    public void Labels_follow_the_categories_that_a_network_knows()
    {
        var path = folder.Write("set.json", new SmallSet().ToString());
        var set = CocoAnnotations.Read(path, new() { Categories = ["cat", "dog", "car"] });
        Assert.Equal([("dog", 1), ("car", 2)], set.Categories.Select(category => (category.Name, category.Label)));
        Assert.Null(set.CategoryOfLabel(0));
        Assert.Equal(18, set.CategoryOfLabel(1)!.Id);
    }

    [Fact]
    public void A_compressed_RLE_is_the_one_of_its_counts()
    {
        var mask = CocoMask.FromCounts(50, 60, [5, 70, 20, 30, 2875]);
        var json = new SmallSet().Set("annotations.1.segmentation", $$"""{"size": [50, 60], "counts": {{Quoted(mask.ToCompressed())}}}""");
        Assert.Equal(mask, CocoAnnotations.Read(folder.Write("set.json", json.ToString())).Annotations[1].ToMask());
    }

    [Fact]
    public void Small_differences_of_writing_do_not_matter()
    {
        var json = new SmallSet().Set("annotations.1.iscrowd", "true").Set("annotations.0.image_id", "7.0")
            .Set("annotations.0.segmentation", "[]")
            .Set("annotations.2.attributes", """{"a": [1, {"b": null}], "id": "x"}""").Set("annotations.2.segmentation", "null")
            .Set("annotations.2.bbox", "[-0.5, 0, 121, 100.9]").ToString();
        var path = folder["set.json"];
        File.WriteAllText(path, "  " + json + "\r\n", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        var set = CocoAnnotations.Read(path);
        Assert.True(set.Annotations[1].IsCrowd);
        Assert.All([0, 2], index => Assert.Null(set.Annotations[index].Segmentation));
    }

    [Fact]
    public void A_json_longer_than_the_buffer_is_read_whole()
    {
        // Numbers and texts lie across every place at which the buffer slides; one text is longer than the buffer.
        var json = new SmallSet();
        json.Set("annotations.0.comment", Quoted(new('é', 3_000_000)));
        var text = new StringBuilder(json.ToString());
        var more = new StringBuilder();
        for (var id = 100; id < 40_100; id++)
        {
            more.Append($$"""
                {"id": {{id}}, "image_id": 7, "category_id": 18, "area": {{id}}.5, "bbox": [1.25, 2.5, 3.75, {{id % 50}}.125],
                 "segmentation": [[1, 1, {{id % 100}}.33, 5, 6, 7, 8.5, {{id % 90}}.07]]},
                """);
        }
        text.Insert(text.ToString().IndexOf("\"annotations\":[", StringComparison.Ordinal) + "\"annotations\":[".Length, more);
        foreach (var spaces in new[] { 0, 1, 7, 131 })
        {
            var set = CocoAnnotations.Read(folder.Write("set.json", new string(' ', spaces) + text), new() { UseCache = false });
            Assert.Equal(40_003, set.Annotations.Count);
            Assert.All(Enumerable.Range(0, 40_000), index =>
            {
                var (annotation, id) = (set.Annotations[index], index + 100);
                Assert.Equal((id, id + 0.5), (annotation.Id, annotation.Area));
                Assert.Equal(new(1.25, 2.5, 3.75, id % 50 + 0.125), annotation.Box);
                Assert.Equal([1, 1, id % 100 + 0.33, 5, 6, 7, 8.5, id % 90 + 0.07], annotation.Segmentation!.Polygons[0]
                    .Select(number => Math.Round(number, 2)));
            });
        }
    }

    [Fact]
    public void The_copy_says_what_the_json_says()
    {
        var json = new SmallSet().Set("annotations.3", """{"id": 50}""").Set("images.2", """{"id": 99}""").ToString();
        var path = folder.Write("set.json", json);
        var options = new CocoReadOptions { BadEntries = BadEntries.Skip };
        var first = CocoAnnotations.Read(path, options);
        var second = CocoAnnotations.Read(path, options);
        Assert.False(first.IsFromCache);
        Assert.True(second.IsFromCache);
        Assert.Null(first.CacheProblem);
        Assert.Equal(first.Images, second.Images);
        Assert.Equal(first.Categories, second.Categories);
        Assert.Equal(["images[2] (id 99): 'file_name' is missing", "annotations[3] (id 50): 'image_id' is missing"],
            first.Skipped.Select(entry => entry.ToString()));
        Assert.Equal(first.Skipped, second.Skipped);
        Assert.Equal(first.Annotations.Select(Shown), second.Annotations.Select(Shown));
        Assert.Equal(["set.json", "set.json.cache"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());

        // What is fatal is not in the copy, but in what is asked of it.
        Assert.StartsWith($"{path}: images[2] (id 99): ", Assert.Throws<CocoException>(() => CocoAnnotations.Read(path)).Message);
        Assert.Equal([0, 2], CocoAnnotations.Read(path, options with { Categories = ["dog", "cat", "car"] }).Categories
            .Select(category => category.Label));
    }

    [Fact]
    public void What_is_written_is_read()
    {
        var set = CocoAnnotations.Read(folder.Write("set.json", new SmallSet().ToString()));
        CocoAnnotations.Write(folder["written.json"], set.Images, set.Categories, set.Annotations);
        var written = CocoAnnotations.Read(folder["written.json"]);
        Assert.Equal(set.Images, written.Images);
        Assert.Equal(set.Categories, written.Categories);
        Assert.Equal(set.Annotations.Select(Shown), written.Annotations.Select(Shown));
        Assert.Equal(
            set.Annotations.Select(annotation => annotation.ToMask()), written.Annotations.Select(annotation => annotation.ToMask()));
    }

    /// <summary>Entries that a reader refuses are refused before they are written, in its words.</summary>
    [Fact]
    public void What_would_not_be_read_is_not_written()
    {
        CocoImage[] images = [new(7, "b.jpg", 120, 100), new(3, "a.jpg", 60, 50)];
        CocoCategory[] categories = [new(18, "dog", null, 0), new(4, "car", null, 1)];
        var dog = new CocoAnnotation(40, images[0], categories[0], new(10, 20, 30, 40), 1200, false, null);
        var file = folder.Write("set.json", "as it was");

        Objects("annotations[1] (id 40): another annotation has this id", dog, dog);
        Objects("annotations[0] (id 40): image_id 8 names none of the 2 images", dog with { Image = images[0] with { Id = 8 } });
        Objects("annotations[0] (id 40): category_id 5 names none of the 2 categories", dog with { Category = new(5, "cat", null, 2) });
        Objects("annotations[0] (id 40): the box has no area: it is 0 wide and 40 high", dog with { Box = new(10, 20, 0, 40) });
        Objects(
            "annotations[0] (id 40): the box from (NaN, 20) to (NaN, 60) is outside its image of 120 x 100 pixels",
            dog with { Box = new(double.NaN, 20, 30, 40) });
        Objects("annotations[0] (id 40): 'area' is -1, expected at least 0 square pixels", dog with { Area = -1 });
        Objects("annotations[0] (id 40): 'area' is NaN, expected at least 0 square pixels", dog with { Area = double.NaN });
        Objects(
            "annotations[0] (id 40): segmentation[1]: a polygon has 2 corners, expected at least 3",
            dog with { Segmentation = new([1, 2, 3, 4, 5, 6], [1, 2, 3, 4]) });
        Objects(
            "annotations[0] (id 40): the RLE is of 8 x 9 pixels, expected height and width of its image, 100 x 120",
            dog with { Segmentation = new(CocoMask.FromBox(new(0, 0, 4, 4), 8, 9)) });
        Refused("images[1] (id 7): another image has this id", [images[0], images[1] with { Id = 7 }], categories);
        Refused("images[1] (id 3): another image has the file 'b.jpg'", [images[0], images[1] with { FileName = "b.jpg" }], categories);
        Refused("images[0] (id 7): 'file_name' is '', expected a text", [images[0] with { FileName = "" }], categories);
        Refused(
            "images[0] (id 7): 'width' is 0, expected at least 1 pixel and no more than any image has", [images[0] with { Width = 0 }],
            categories);
        Refused(
            "images[0] (id 7): the image has 2000000000 x 100 pixels, more than any image", [images[0] with { Width = 2_000_000_000 }],
            categories);
        Refused("categories[1] (id 18): another category has this id", images, [categories[0], categories[1] with { Id = 18 }]);
        Refused("categories[1] (id 4): another category has the name 'dog'", images, [categories[0], categories[1] with { Name = "dog" }]);
        Refused("categories[0] (id 18): 'name' is '', expected a text", images, [categories[0] with { Name = "" }]);

        void Objects(string problem, params CocoAnnotation[] annotations) => Refused(problem, images, categories, annotations);

        void Refused(string problem, CocoImage[] images, CocoCategory[] categories, params CocoAnnotation[] annotations)
        {
            var error = Assert.Throws<CocoException>(() => CocoAnnotations.Write(file, images, categories, annotations));
            Assert.Equal($"{file}: {problem}", error.Message);
            Assert.Equal("as it was", File.ReadAllText(file));
        }
    }

    /// <summary>As where a program gives the files of a set other names.</summary>
    [Fact]
    public void Objects_are_of_the_image_that_has_the_id()
    {
        var set = CocoAnnotations.Read(folder.Write("set.json", new SmallSet().ToString()));
        CocoAnnotations.Write(
            folder["written.json"], set.Images.Select(image => image with { FileName = "new-" + image.FileName }), set.Categories,
            set.Annotations);
        Assert.Equal("new-b.jpg", CocoAnnotations.Read(folder["written.json"]).Annotations[0].Image.FileName);
    }

    [Fact]
    public void A_copy_of_another_json_is_made_again()
    {
        var path = folder.Write("set.json", new SmallSet().ToString());
        CocoAnnotations.Read(path);
        var time = File.GetLastWriteTimeUtc(path);
        folder.Write("set.json", new SmallSet().Set("annotations.0.id", "45").ToString());
        File.SetLastWriteTimeUtc(path, time.AddSeconds(1));
        Check("another time", false, 45);
        Check("the same", true, 45);
        folder.Write("set.json", new SmallSet().Set("annotations.0.id", "4567").ToString());
        File.SetLastWriteTimeUtc(path, time.AddSeconds(1));
        Check("another length", false, 4567);

        void Check(string what, bool isFromCache, long id)
        {
            var set = CocoAnnotations.Read(path);
            Assert.True(isFromCache == set.IsFromCache, what);
            Assert.Equal(id, set.Annotations[0].Id);
        }
    }

    [Fact]
    public void A_damaged_copy_is_made_again()
    {
        var path = folder.Write("set.json", new SmallSet().ToString());
        CocoAnnotations.Read(path);
        var cache = path + ".cache";
        var whole = File.ReadAllBytes(cache);
        for (var place = 0; place < whole.Length; place += 3)
        {
            var bytes = whole.ToArray();
            bytes[place] ^= 0x41;
            Check(bytes);
        }
        foreach (var length in new[] { 0, 5, 30, whole.Length / 2, whole.Length - 1 })
            Check(whole[..length]);
        Check([.. whole, 0]);
        Assert.True(CocoAnnotations.Read(path).IsFromCache);

        void Check(byte[] bytes)
        {
            File.WriteAllBytes(cache, bytes);
            Assert.False(CocoAnnotations.Read(path).IsFromCache);
            Assert.Equal(whole, File.ReadAllBytes(cache));
        }
    }

    [Fact]
    public void A_copy_that_cannot_be_written_is_done_without()
    {
        var path = folder.Write("set.json", new SmallSet().ToString());
        Directory.CreateDirectory(path + ".cache");
        var set = CocoAnnotations.Read(path);
        Assert.Equal(3, set.Annotations.Count);
        Assert.Equal($"{path}.cache: is a folder, expected the name of a file to write", set.CacheProblem);
        Assert.False(CocoAnnotations.Read(path).IsFromCache);
    }

    [Fact]
    public void No_copy_is_written_where_none_is_asked_for()
    {
        var path = folder.Write("set.json", new SmallSet().ToString());
        Assert.Null(CocoAnnotations.Read(path, new() { UseCache = false }).CacheProblem);
        Assert.False(File.Exists(path + ".cache"));
    }

    private static string Quoted(string text) => System.Text.Json.JsonSerializer.Serialize(text);

    private static string Shown(CocoAnnotation annotation) => string.Join(" ", annotation.Id, annotation.Image, annotation.Category,
        annotation.Box, annotation.Area, annotation.IsCrowd, annotation.Segmentation?.Mask,
        string.Join(" ", annotation.Segmentation?.Polygons.SelectMany(polygon => polygon) ?? []));
}
