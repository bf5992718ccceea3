using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using KnDsl.Vision;

namespace KnDsl.Benchmarks;

/// <summary>
/// How long COCO's format takes and how much memory: a json of annotations as large as that of COCO's training set of 2017, read the first
/// time and from its binary copy; and 5,000 images with 100 detections each, evaluated by boxes and by masks. Each step is a process of
/// its own, so that its memory is its own.
/// </summary>
internal static class CocoBenchmark
{
    public const string StepOf = "coco-step";

    private const int Width = 640, Height = 480, Categories = 80, DetectionsOfImage = 100;

    private static readonly (int Images, int Objects) Training = (118_287, 860_001), Validation = (5_000, 36_781);

    private static readonly string[] Steps = ["json", "cache", "box", "mask"];

    public static void Run()
    {
        var folder = Directory.CreateTempSubdirectory("kndsl-coco-").FullName;
        try
        {
            WriteAnnotations(Path.Combine(folder, "training.json"), Training, seed: 1);
            WriteAnnotations(Path.Combine(folder, "validation.json"), Validation, seed: 2);
            WriteResults(folder);
            foreach (var file in Directory.GetFiles(folder).Order())
                Console.WriteLine($"{Path.GetFileName(file)}: {new FileInfo(file).Length / 1e6:F0} MB");
            var figures = Steps.Select(step => RunAlone(step, folder)).ToArray();
            Console.WriteLine(string.Join(" ", figures));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>One step in this process; prints its figures.</summary>
    public static int RunStep(string step, string folder)
    {
        var clock = Stopwatch.StartNew();
        if (step is "json" or "cache")
        {
            var set = CocoAnnotations.Read(Path.Combine(folder, "training.json"));
            if (set.Annotations.Count != Training.Objects || set.IsFromCache != (step == "cache"))
                throw new InvalidOperationException($"{set.Annotations.Count} annotations, from the cache: {set.IsFromCache}");
            Print(("s", clock.Elapsed.TotalSeconds));
            return 0;
        }
        var annotations = CocoAnnotations.Read(Path.Combine(folder, "validation.json"));
        var results = CocoResults.Read(Path.Combine(folder, "results.json"), annotations).Results;
        var reading = clock.Elapsed.TotalSeconds;
        clock.Restart();
        var summary = CocoEvaluator.Evaluate(annotations, results, step == "box" ? CocoIouType.Box : CocoIouType.Mask);
        Print(("reading-s", reading), ("s", clock.Elapsed.TotalSeconds), ("AP", summary.Ap));
        return 0;

        void Print(params (string Name, double Value)[] figures)
        {
            using var process = Process.GetCurrentProcess();
            figures = [.. figures, ("processor-s", process.TotalProcessorTime.TotalSeconds), ("GB", process.PeakWorkingSet64 / 1e9)];
            Console.Write(string.Join(" ", figures.Select(figure =>
                string.Create(CultureInfo.InvariantCulture, $"{step}-{figure.Name}: {figure.Value:F2}"))));
        }
    }

    private static string RunAlone(string step, string folder)
    {
        using var process = Process.Start(Machine.ThisProgram(StepOf, step, folder))!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"the step '{step}' failed");
    }

    /// <summary>Stars of 27 corners, as many bytes to an object as COCO's polygons have.</summary>
    private static void WriteAnnotations(string path, (int Images, int Objects) size, int seed)
    {
        var random = new Random(seed);
        using var file = new StreamWriter(path, append: false, new UTF8Encoding(false), 1 << 20);
        file.Write("{\"info\": {}, \"licenses\": [], \"images\": [");
        for (var image = 0; image < size.Images; image++)
        {
            file.Write(Comma(image));
            file.Write($"{{\"license\": 1,\"file_name\": \"{image:000000000000}.jpg\",");
            file.Write($"\"coco_url\": \"http://images.cocodataset.org/train2017/{image:000000000000}.jpg\",");
            file.Write($"\"height\": {Height},\"width\": {Width},\"date_captured\": \"2013-11-14 11:18:45\",\"id\": {image}}}");
        }
        file.Write("], \"annotations\": [");
        for (var id = 0; id < size.Objects; id++)
        {
            file.Write(Comma(id));
            WriteObject(file, random, id, random.Next(size.Images));
        }
        file.Write("], \"categories\": [");
        for (var category = 0; category < Categories; category++)
        {
            file.Write(Comma(category));
            file.Write($"{{\"supercategory\": \"thing\",\"id\": {category + 1 + category / 8},\"name\": \"thing {category}\"}}");
        }
        file.Write("]}");
    }

    private static void WriteObject(StreamWriter file, Random random, int id, int image)
    {
        var corners = Star(random, out var box);
        var isCrowd = random.Next(80) == 0;
        if (isCrowd)
        {
            var mask = CocoMask.FromPolygon(corners, Height, Width);
            file.Write($"{{\"segmentation\": {{\"counts\": [{string.Join(",", mask.Counts.ToArray())}],\"size\": [{Height},{Width}]}}");
        }
        else
        {
            file.Write($"{{\"segmentation\": [[{string.Join(",", corners.Select(Text))}]]");
        }
        file.Write($",\"area\": {Text(box.Area / 2)},\"iscrowd\": {(isCrowd ? 1 : 0)},\"image_id\": {image},\"bbox\": ");
        file.Write($"[{Text(box.X)},{Text(box.Y)},{Text(box.Width)},{Text(box.Height)}],");
        file.Write($"\"category_id\": {CategoryOf(random)},\"id\": {id}}}");
    }

    private static void WriteResults(string folder)
    {
        var annotations = CocoAnnotations.Read(Path.Combine(folder, "validation.json"));
        var random = new Random(3);
        CocoResults.Write(Path.Combine(folder, "results.json"), annotations.Images.SelectMany(image => ResultsOf(image)));

        IEnumerable<CocoResult> ResultsOf(CocoImage image)
        {
            var objects = annotations.AnnotationsOf(image);
            for (var i = 0; i < DetectionsOfImage; i++)
            {
                if (objects.Count == 0 || i % 2 == 0)
                {
                    var guess = CocoMask.FromPolygon(Star(random, out _), Height, Width);
                    yield return new(image.Id, CategoryOf(random), guess, random.NextDouble());
                    continue;
                }
                // An object that is found, more or less.
                var found = objects[random.Next(objects.Count)];
                var mask = found.Segmentation!.Mask ?? CocoMask.FromPolygon(
                    [.. found.Segmentation.Polygons[0].Select(number => number + random.Next(-4, 5))], Height, Width);
                yield return new(image.Id, found.Category.Id, mask, random.NextDouble());
            }
        }
    }

    private static double[] Star(Random random, out CocoBox box)
    {
        const int Corners = 27;
        var radius = 4 * Math.Exp(3.6 * random.NextDouble());
        var (x, y) = (random.Next(10, Width - 10), random.Next(10, Height - 10));
        var corners = new double[2 * Corners];
        for (var i = 0; i < Corners; i++)
        {
            var (length, angle) = (radius * (0.6 + 0.4 * random.NextDouble()), 2 * Math.PI * i / Corners);
            corners[2 * i] = Math.Round(Math.Clamp(x + length * Math.Cos(angle), 0, Width), 2);
            corners[2 * i + 1] = Math.Round(Math.Clamp(y + length * Math.Sin(angle), 0, Height), 2);
        }
        var (xs, ys) = (corners.Where((_, i) => i % 2 == 0), corners.Where((_, i) => i % 2 == 1));
        box = new(xs.Min(), ys.Min(), xs.Max() - xs.Min(), ys.Max() - ys.Min());
        return corners;
    }

    /// <summary>COCO's ids have gaps too.</summary>
    private static int CategoryOf(Random random) => random.Next(Categories) is var category ? category + 1 + category / 8 : 0;

    private static string Comma(int index) => index == 0 ? "" : ",";

    private static string Text(double number) => Math.Round(number, 2).ToString(CultureInfo.InvariantCulture);
}
