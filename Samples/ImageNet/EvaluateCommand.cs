using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using KnDsl.Training;
using static TorchSharp.torch;

namespace KnDsl.Samples.ImageNet;

/// <summary>The command <c>evaluate</c>.</summary>
internal static class EvaluateCommand
{
    /// <summary>So many pairs of classes are named.</summary>
    private const int Named = 5;

    public static Command Create()
    {
        var weights = new Argument<string>("weights")
        {
            Description = "weights.safetensors of a checkpoint, or a state_dict of torchvision",
        };
        var command = new Command("evaluate", "Top-1 and top-5 errors of weights on the validation images, and what is confused most.")
        {
            weights,
        };
        var options = new SettingsOptions<EvaluateSettings>(command);
        command.SetAction(parsed => SettingsCommand.Report(parsed, () => Run(
            parsed.GetValue(weights)!, options.Read(parsed), parsed.InvocationConfiguration.Output)));
        return command;
    }

    private static int Run(string weights, EvaluateSettings settings, TextWriter output)
    {
        var device = settings.Compute.Choose();
        using var images = ImageData.Open(settings.Data, "val", Recipe.Middle(settings.Size));
        var policy = Recipe.Policy(settings.Norm, null, settings.Network);
        using var network = Recipe.Network(settings.Network, policy, images.Classes.Count, device, seed: 1);
        Load(network, weights);
        network.eval();
        using var noGradient = inference_mode();
        using var loader = ImageData.Load(images, settings.Size, device, new DataLoaderOptions { BatchSize = settings.Batch });
        using var alone = ProcessGroup.Single();
        var answers = new long[images.Classes.Count, images.Classes.Count];
        var errors = Evaluation.Run(network, loader, device, ScalarType.Float32, alone, answers);
        foreach (var line in Confusions(images.Classes, answers).Take(Named))
            output.WriteLine(line);
        output.WriteLine(FormattableString.Invariant(
            $"errors: top1={errors["top1"]:F2} top5={errors["top5"]:F2} of {images.Count} images"));
        return 0;
    }

    private static void Load(nn.Module network, string weights)
    {
        try
        {
            network.load_weights(weights);
            network.load_average(weights);
        }
        catch (IOException e)
        {
            var isMissing = e is FileNotFoundException or DirectoryNotFoundException;
            throw new RunFileException(weights, isMissing ? "there is no such file." : $"cannot be read: {e.Message}", e);
        }
    }

    /// <summary>What is confused most often, a line for each pair of classes.</summary>
    private static IEnumerable<string> Confusions(IReadOnlyList<string> classes, long[,] answers) =>
        from right in Enumerable.Range(0, classes.Count)
        from given in Enumerable.Range(0, classes.Count)
        where right != given && answers[right, given] > 0
        orderby answers[right, given] descending
        select $"{classes[right]} was taken for {classes[given]}: {answers[right, given]}";
}
