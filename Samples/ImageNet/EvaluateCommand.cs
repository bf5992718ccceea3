using System;
using System.CommandLine;
using KnDsl.Training;
using static TorchSharp.torch;

namespace KnDsl.Samples.ImageNet;

/// <summary>The command <c>evaluate</c>.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var weights = new Argument<string>("weights")
        {
            Description = "weights.safetensors of a checkpoint, or a state_dict of torchvision",
        };
        var data = new Option<string>("--data") { Description = "The folder of the data set; its val is read", Required = true };
        var network = new Option<NetworkKind>("--network") { Description = "The network", DefaultValueFactory = _ => NetworkKind.ResNet50 };
        var norm = new Option<NormKind>("--norm") { Description = "Its normalization", DefaultValueFactory = _ => NormKind.Kalman };
        var batch = new Option<int>("--batch") { Description = "Images at a time", DefaultValueFactory = _ => 32 };
        var size = new Option<int>("--size") { Description = "Side of the crops", DefaultValueFactory = _ => 224 };
        var device = new Option<string>("--device") { Description = "cpu, cuda or auto", DefaultValueFactory = _ => "auto" };
        var command = new Command("evaluate", "Top-1 and top-5 errors of weights on the validation images.")
        {
            weights, data, network, norm, batch, size, device,
        };
        command.SetAction(parsed => SettingsCommand.Report(parsed, () =>
        {
            var on = Train.DeviceOf(parsed.GetValue(device)!);
            using var images = ImageData.Open(parsed.GetValue(data)!, "val", Recipe.Middle(parsed.GetValue(size)));
            var policy = Recipe.Policy(parsed.GetValue(norm), null, parsed.GetValue(network));
            using var module = Recipe.Network(parsed.GetValue(network), policy, images.Classes.Count, on, seed: 1);
            module.load_weights(parsed.GetValue(weights)!);
            module.eval();
            using var noGradient = inference_mode();
            using var loader = ImageData.Load(
                images, parsed.GetValue(size), on, new DataLoaderOptions { BatchSize = parsed.GetValue(batch) });
            using var alone = ProcessGroup.Single();
            var errors = Evaluation.Run(module, loader, on, ScalarType.Float32, alone);
            Console.WriteLine(FormattableString.Invariant(
                $"errors: top1={errors["top1"]:F2} top5={errors["top5"]:F2} of {images.Count} images"));
            return 0;
        }));
        return command;
    }
}
