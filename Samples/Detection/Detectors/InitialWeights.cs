using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using KnDsl.Training;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Detectors;

/// <summary>Weights from files: of detectors, by torchvision's names of today or of 2018, and of classifiers for the backbone.</summary>
internal static partial class InitialWeights
{
    private const string Body = "backbone.body.";

    /// <summary>What depends on the number of classes; the mask for each class, too.</summary>
    private static readonly string[] OfClasses =
        ["head.classification_head.cls_logits.", "roi_heads.box_predictor.", "roi_heads.mask_predictor.mask_fcn_logits."];

    /// <summary>Loads the weights of a detector, or the averages that its checkpoint has of them. All of them have to fit.</summary>
    /// <param name="network">The detector.</param>
    /// <param name="path">A safetensors file.</param>
    /// <exception cref="RunFileException">The file is not there, is damaged, or does not fit.</exception>
    public static void Load(nn.Module network, string path) => Read(path, () =>
    {
        WithNames(path, file => network.load_weights(file));
        network.load_average(path);
    });

    /// <summary>
    /// Loads what a training begins with: a classifier's weights into the backbone, or a detector's, of which the last layers stay as they
    /// are where it has other classes.
    /// </summary>
    /// <param name="network">The detector.</param>
    /// <param name="path">A safetensors file.</param>
    /// <exception cref="RunFileException">The file is not there, is damaged, or does not fit.</exception>
    public static void Begin(nn.Module network, string path) => Read(path, () =>
    {
        string[] names;
        using (var file = SafetensorsFile.Open(path))
            names = [.. file.Entries.Select(entry => entry.Name)];
        var isDetector = names.Any(name => name.StartsWith(Body, StringComparison.Ordinal));
        if (!isDetector && !names.Contains("conv1.weight"))
        {
            throw new RunFileException(
                path, $"has neither {Body}conv1.weight, as detectors have, nor conv1.weight, as a residual network.");
        }
        WithNames(path, file =>
        {
            var report = network.load_weights(file, strict: false, addPrefix: isDetector ? "" : Body);
            var loaded = report.Matched.ToHashSet();
            var left = network.state_dict().Keys.Where(name => !loaded.Contains(name) && !MayBeLeft(name, isDetector)).ToArray();
            if (left.Length > 0)
            {
                throw new RunFileException(path, $"does not fit the {(isDetector ? "detector" : "backbone")}: it has no {left[0]} of its "
                    + $"shape{(left.Length > 1 ? $", nor {left.Length - 1} others" : "")}.");
            }
        });
        network.load_average(path, addPrefix: isDetector ? "" : Body);
    });

    private static bool MayBeLeft(string name, bool isDetector) =>
        name.EndsWith("num_batches_tracked", StringComparison.Ordinal)
        || (isDetector ? OfClasses.Any(start => name.StartsWith(start, StringComparison.Ordinal))
            : !name.StartsWith(Body, StringComparison.Ordinal));

    /// <summary>Today's name of a tensor that torchvision's files of 2018 have under another one.</summary>
    private static string Renamed(string name)
    {
        name = PyramidName().Replace(name, "$1.0.$2");
        name = ProposalName().Replace(name, "$1.0.0.$2");
        name = MaskName().Replace(name, match =>
            $"{match.Groups[1].Value}{int.Parse(match.Groups[2].Value) - 1}.0.{match.Groups[3].Value}");
        return TowerName().Replace(name, match =>
            $"{match.Groups[1].Value}{int.Parse(match.Groups[2].Value) / 2}.0.{match.Groups[3].Value}");
    }

    /// <summary>Gives a file with today's names to a function: the file itself, or a copy.</summary>
    private static void WithNames(string path, Action<string> load)
    {
        using var scope = NewDisposeScope();
        var tensors = new List<KeyValuePair<string, Tensor>>();
        using (var file = SafetensorsFile.Open(path))
        {
            if (file.Entries.Any(entry => Renamed(entry.Name) != entry.Name))
                tensors.AddRange(file.Entries.Select(entry => KeyValuePair.Create(Renamed(entry.Name), file.Read(entry.Name))));
        }
        if (tensors.Count == 0)
        {
            load(path);
            return;
        }
        var copy = Path.GetTempFileName();
        try
        {
            SafetensorsFile.Write(copy, tensors);
            load(copy);
        }
        finally
        {
            File.Delete(copy);
        }
    }

    // The message begins with the file, which may be a copy.
    private static void Read(string path, Action read) => WeightsFiles.Read(path, read, e => e.Message[(e.Path.Length + 2)..]);

    [GeneratedRegex(@"^(backbone\.fpn\.(?:inner|layer)_blocks\.\d+)\.(weight|bias)$")]
    private static partial Regex PyramidName();

    [GeneratedRegex(@"^(rpn\.head\.conv)\.(weight|bias)$")]
    private static partial Regex ProposalName();

    [GeneratedRegex(@"^(roi_heads\.mask_head\.)mask_fcn(\d+)\.(weight|bias)$")]
    private static partial Regex MaskName();

    [GeneratedRegex(@"^(head\.\w+_head\.conv\.)(\d+)\.(weight|bias)$")]
    private static partial Regex TowerName();
}
