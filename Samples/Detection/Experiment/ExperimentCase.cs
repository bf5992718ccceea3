using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Experiment;

/// <summary>What is compared: a normalization at a number of images, from scratch or from a classifier.</summary>
/// <param name="Norm">The normalization of the backbone.</param>
/// <param name="Images">Images in each step, of all processes.</param>
/// <param name="IsFinetuned">Whether the backbone begins with a classifier's weights.</param>
internal sealed record ExperimentCase(NormKind Norm, int Images, bool IsFinetuned)
{
    private static readonly NormKind[] Norms =
        [NormKind.Kalman, NormKind.InstanceKalman, NormKind.GroupKalman, NormKind.Batch, NormKind.Group];

    /// <summary>
    /// All of them, as the paper compares: from scratch and from a classifier; there with batch normalization of the classifier's
    /// statistics, and with statistics of two processes, too.
    /// </summary>
    public static IReadOnlyList<ExperimentCase> All { get; } =
    [
        .. from images in new[] { 1, 2 }
           from norm in Norms
           select new ExperimentCase(norm, images, IsFinetuned: false),
        .. from images in new[] { 1, 2 }
           from norm in Norms.Append(NormKind.FrozenBatch)
           select new ExperimentCase(norm, images, IsFinetuned: true),
        new(NormKind.SynchronizedBatch, 2, IsFinetuned: true),
    ];

    /// <summary>Processes of a training: synchronized statistics are of one image in each.</summary>
    public int Processes => Norm == NormKind.SynchronizedBatch ? Images : 1;

    /// <summary>The normalization of the classifier that it begins with.</summary>
    public NormKind OfClassifier => Norm is NormKind.FrozenBatch or NormKind.SynchronizedBatch ? NormKind.Batch : Norm;
}

/// <summary>A training of a case.</summary>
/// <param name="Case">The case.</param>
/// <param name="Seed">Its seed, from 1.</param>
internal sealed record ExperimentTrial(ExperimentCase Case, int Seed)
{
    /// <summary>The training of a name; null where there is none.</summary>
    public static ExperimentTrial? Find(string name) =>
        int.TryParse(name.Split('-')[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var seed)
            ? ExperimentCase.All.Select(of => new ExperimentTrial(of, seed)).FirstOrDefault(trial => trial.Name == name)
            : null;

    /// <summary>Its name, which its folder has.</summary>
    public string Name =>
        $"{SettingNameAttribute.Of(Case.Norm)}-{Case.Images}-{(Case.IsFinetuned ? "finetuned" : "scratch")}-{Seed}";
}
