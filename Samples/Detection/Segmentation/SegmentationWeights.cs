using System;
using System.Linq;
using KnDsl.Samples.Detection.Detectors;
using KnDsl.Training;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>Weights from files: of segmentation networks by torchvision's names, and of classifiers for the backbone.</summary>
internal static class SegmentationWeights
{
    private const string Backbone = "backbone.";

    /// <summary>Loads the weights of a network, or the averages that its checkpoint has of them. All of them have to fit.</summary>
    /// <param name="network">The network.</param>
    /// <param name="path">A safetensors file.</param>
    /// <exception cref="RunFileException">The file is not there, is damaged, or does not fit.</exception>
    public static void Load(nn.Module network, string path) => Read(path, () =>
    {
        network.load_weights(path);
        network.load_average(path);
    });

    /// <summary>
    /// Loads what a training begins with: a classifier's weights into the backbone, or a network's, of which the last layers stay as they
    /// are where it has other classes.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="path">A safetensors file.</param>
    /// <exception cref="RunFileException">The file is not there, is damaged, or does not fit.</exception>
    public static void Begin(nn.Module network, string path) => Read(path, () =>
    {
        bool isWhole;
        using (var file = SafetensorsFile.Open(path))
            isWhole = file.Entries.Any(entry => entry.Name.StartsWith(Backbone, StringComparison.Ordinal));
        var report = network.load_weights(path, strict: false, addPrefix: isWhole ? "" : Backbone);
        network.load_average(path, addPrefix: isWhole ? "" : Backbone);
        var loaded = report.Matched.ToHashSet();
        var left = network.state_dict().Keys.Where(name => name.StartsWith(Backbone, StringComparison.Ordinal)
            && !name.EndsWith("num_batches_tracked", StringComparison.Ordinal) && !loaded.Contains(name)).ToArray();
        if (left.Length > 0)
        {
            throw new RunFileException(path, $"does not fit the backbone: it has no {left[0]} of its shape"
                + $"{(left.Length > 1 ? $", nor {left.Length - 1} others" : "")}.");
        }
    });

    private static void Read(string path, Action read) =>
        WeightsFiles.Read(path, read, e => e.Report is { } report ? $"does not fit the network: {report}" : e.Message);
}
