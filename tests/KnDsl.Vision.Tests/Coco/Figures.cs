using System.IO;
using System.Linq;
using System.Text.Json;

namespace KnDsl.Vision.Tests.Coco;

/// <summary>What is expected, in the folder Figures; its README says how it was made.</summary>
internal static class Figures
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "KnDsl.Vision.Tests", "Coco", "Figures");

    public static JsonElement Masks { get; } = Read("masks.json");

    public static JsonElement Evaluation { get; } = Read("evaluation.json");

    public static int[] Integers(this JsonElement list) => [.. list.EnumerateArray().Select(number => number.GetInt32())];

    public static double[] Numbers(this JsonElement list) => [.. list.EnumerateArray().Select(number => number.GetDouble())];

    private static JsonElement Read(string file) => JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, file))).RootElement;
}
