using System.Linq;
using System.Text.Json.Nodes;

namespace KnDsl.Vision.Tests.Coco.Annotations;

/// <summary>A json of two images, two categories and three annotations that a test changes.</summary>
internal sealed class SmallSet
{
    public const string Box = "[10, 20, 30, 40]", Triangle = "[[10, 20, 40, 20, 40, 60]]";

    public JsonNode Json { get; } = JsonNode.Parse($$"""
        {
          "info": {"year": 2017, "contributor": "nobody"},
          "licenses": [{"id": 1, "name": "none"}],
          "images": [
            {"license": 1, "file_name": "b.jpg", "coco_url": "", "height": 100, "width": 120, "id": 7},
            {"license": 1, "file_name": "a.jpg", "coco_url": "", "height": 50, "width": 60, "id": 3}
          ],
          "annotations": [
            {"segmentation": {{Triangle}}, "area": 600.5, "iscrowd": 0, "image_id": 7, "bbox": {{Box}}, "category_id": 18, "id": 40},
            {"segmentation": {"counts": [0, 100, 2900], "size": [50, 60]}, "area": 100, "iscrowd": 1, "image_id": 3,
             "bbox": [0, 0, 2, 50], "category_id": 4, "id": 41},
            {"area": 8, "image_id": 7, "bbox": [0.5, 0.25, 2, 4], "category_id": 4, "id": 42}
          ],
          "categories": [{"supercategory": "animal", "id": 18, "name": "dog"}, {"id": 4, "name": "car"}]
        }
        """)!;

    /// <summary>A part by its names and numbers: annotations.1.id.</summary>
    public SmallSet Set(string path, string json)
    {
        var (parent, name) = Find(path);
        if (parent is JsonArray list && int.Parse(name) == list.Count)
            list.Add(JsonNode.Parse(json));
        else if (parent is JsonArray)
            parent[int.Parse(name)] = JsonNode.Parse(json);
        else
            parent[name] = JsonNode.Parse(json);
        return this;
    }

    public SmallSet Remove(string path)
    {
        var (parent, name) = Find(path);
        parent.AsObject().Remove(name);
        return this;
    }

    public override string ToString() => Json.ToJsonString();

    private (JsonNode Parent, string Name) Find(string path)
    {
        var parts = path.Split('.');
        return (parts[..^1].Aggregate(Json, (node, part) => int.TryParse(part, out var number) ? node[number]! : node[part]!), parts[^1]);
    }
}
