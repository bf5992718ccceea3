using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Samples.FashionMnist;
using KnDsl.Samples.FashionMnist.Data;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Generation;

/// <summary>
/// What scenes are made of. Evaluation has backgrounds, garments and digits that training does not show, and its photographs of objects;
/// what is unseen has others of these, too.
/// </summary>
internal sealed class Sources
{
    private Sources(
        SceneMaker training, SceneMaker evaluation, SceneMaker unseen, IReadOnlyList<ObjectKind> kinds, IReadOnlyList<string> missing)
    {
        (Training, Evaluation, Unseen, Kinds, Missing) = (training, evaluation, unseen, kinds, missing);
    }

    /// <summary>Makes scenes for training.</summary>
    public SceneMaker Training { get; }

    /// <summary>Makes scenes for evaluation.</summary>
    public SceneMaker Evaluation { get; }

    /// <summary>Makes scenes that show nothing that training shows.</summary>
    public SceneMaker Unseen { get; }

    /// <summary>The categories.</summary>
    public IReadOnlyList<ObjectKind> Kinds { get; }

    /// <summary>What is not installed, what becomes of that, and how to get it.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>Reads all sources.</summary>
    /// <exception cref="RunFileException">One that was named is not there or cannot be read.</exception>
    public static Sources Read(GenerateSettings settings)
    {
        var missing = new List<string>();
        var stamps = Find(settings.Stamps, settings.Installed ? Stamps.SystemFolder : null, Directory.Exists, missing,
            "No photographs of objects, so these are garments of Fashion-MNIST (Debian and Ubuntu: apt-get install "
            + "tuxpaint-stamps-default; elsewhere --stamps FOLDER names Tux Paint's stamps).");
        var digits = Find(settings.Digits, settings.Installed ? Digits.SystemFile : null, File.Exists, missing,
            "No digits (Debian and Ubuntu: apt-get install python3-sklearn; elsewhere --digits FILE names scikit-learn's digits.csv.gz).");
        string[] training = [.. Files(isHeldOut: false)], heldOut = [.. Files(isHeldOut: true)];
        if (training.Length == 0 || heldOut.Length == 0)
        {
            missing.Add("No photographs for backgrounds, so these are drawn (Debian and Ubuntu: apt-get install --no-install-recommends "
                + "python3-skimage python3-sklearn mate-backgrounds lomiri-wallpapers-16.04; elsewhere --photographs FOLDER).");
            (training, heldOut) = ([], []);
        }
        ObjectKind[] photographed = Photographed(isHeldOut: false), photographedLater = Photographed(isHeldOut: true);
        ObjectKind[] drawn = Drawn(isHeldOut: false), drawnLater = Drawn(isHeldOut: true);
        // Each category is in all of them, with the same number.
        ObjectKind[] known = [.. photographed.Concat(drawn).IntersectBy(photographedLater.Concat(drawnLater).Select(Id), Id)];
        var backgrounds = Array.ConvertAll(training, Photographs.Read);
        var backgroundsLater = Array.ConvertAll(heldOut, Photographs.Read);
        return new(
            new(known, backgrounds), new(Known([.. photographed, .. drawnLater]), backgroundsLater),
            new(Known([.. photographedLater, .. drawnLater]), backgroundsLater), known, missing);

        static int Id(ObjectKind kind) => kind.Id;

        ObjectKind[] Known(ObjectKind[] kinds) => [.. kinds.IntersectBy(known.Select(Id), Id)];

        IEnumerable<string> Files(bool isHeldOut) => settings.Photographs is { } folder ? Photographs.In(folder, isHeldOut)
            : settings.Installed ? Photographs.Installed(isHeldOut)
            : [];

        ObjectKind[] Photographed(bool isHeldOut) => stamps is null ? [] : Stamps.In(stamps, isHeldOut);

        ObjectKind[] Drawn(bool isHeldOut)
        {
            var garments = Garments.Of(isHeldOut ? ImageSet.Test(Options.OwnData) : ImageSet.Training(Options.OwnData));
            IEnumerable<ObjectKind> written = digits is null ? [] : [Digits.In(digits, isHeldOut)];
            return [.. garments.Concat(written).Where(kind => kind.CutOuts.Count > 0)];
        }
    }

    /// <summary>The place that was named, which must be there, or the usual one, which need not.</summary>
    private static string? Find(string? named, string? usual, Func<string, bool> exists, List<string> missing, string notice)
    {
        if (named is not null)
            return exists(named) ? named : throw new RunFileException(named, "is not there.");
        if (usual is not null && exists(usual))
            return usual;
        missing.Add(notice);
        return null;
    }
}
