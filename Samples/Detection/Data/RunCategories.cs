using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Training;
using KnDsl.Vision;

namespace KnDsl.Samples.Detection.Data;

/// <summary>The categories of a run, as a json of COCO's format in its folder: weights know numbers only.</summary>
internal static class RunCategories
{
    private const string Name = "categories.json";

    /// <summary>A run that a file belongs to lies at most so many folders above it: RUN/checkpoints/STEP/weights.safetensors.</summary>
    private const int Above = 3;

    /// <summary>Writes the categories of a run that has none yet: one that goes on may have died before they were written.</summary>
    public static void Write(string run, IReadOnlyList<CocoCategory> categories)
    {
        var file = Path.Combine(run, Name);
        if (!File.Exists(file))
            CocoAnnotations.Write(file, [], categories, []);
    }

    /// <summary>The folder of the run that weights are of; null where they are of none.</summary>
    public static string? RunOf(string weights)
    {
        var folder = Path.GetFullPath(weights);
        for (var i = 0; i < Above && folder is not null; i++)
        {
            folder = Path.GetDirectoryName(folder);
            if (folder is not null && File.Exists(Path.Combine(folder, Name)))
                return folder;
        }
        return null;
    }

    /// <summary>The categories of a json, or of a run; null where neither is given.</summary>
    /// <exception cref="CocoException">The file cannot be used.</exception>
    public static IReadOnlyList<CocoCategory>? Read(string? json, string? run)
    {
        var file = json ?? (run is null ? null : Path.Combine(run, Name));
        return file is null ? null : CocoAnnotations.Read(file, new CocoReadOptions { UseCache = false }).Categories;
    }

    /// <summary>Demands that a set has the categories of the run that goes on with it.</summary>
    /// <exception cref="RunFileException">It has others.</exception>
    public static void Require(string run, IReadOnlyList<CocoCategory> categories)
    {
        var file = Path.Combine(run, Name);
        if (!File.Exists(file))
            return;
        string[] before = [.. Read(file, null)!.Select(category => category.Name)];
        string[] now = [.. categories.Select(category => category.Name)];
        if (before.SequenceEqual(now))
            return;
        var (lost, added) = (before.Except(now).FirstOrDefault(), now.Except(before).FirstOrDefault());
        throw new RunFileException(file, lost is not null ? $"this run knows '{lost}', which is no category of the set."
            : added is not null ? $"this run does not know '{added}', which is a category of the set."
            : "this run has the categories of the set in another order of ids.");
    }
}
