using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Published.Tests.Handwritten;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl.Benchmarks;

/// <summary>A network that the generator wrote, and the same by hand in TorchSharp with its native batch normalization.</summary>
/// <param name="Name">What it is called on the command line and in figures.</param>
/// <param name="Image">Channels, height and width of an image.</param>
/// <param name="Batch">The images of a training step.</param>
/// <param name="Make">Makes the generated network with a policy, and with what it computes again.</param>
/// <param name="Fold">Folds the norms of a generated network.</param>
/// <param name="Handwritten">Makes the other one.</param>
internal sealed record BenchmarkedNetwork(
    string Name,
    long[] Image,
    long Batch,
    Func<NormPolicy, Recompute, nn.Module<Tensor, Tensor>> Make,
    Action<nn.Module<Tensor, Tensor>> Fold,
    Func<nn.Module<Tensor, Tensor>> Handwritten)
{
    public const int Classes = 10;

    public static IReadOnlyList<BenchmarkedNetwork> All { get; } =
    [
        new("fashion", [1, 28, 28], Batch: 32, (policy, recompute) => new ResNetCifar(policy: policy, recompute: recompute),
            network => ((ResNetCifar)network).fold(), () => new HandwrittenResNetCifar()),
        new("resnet18", [3, 64, 64], Batch: 32,
            (policy, recompute) => new Cases.ResNet18.ResNet18(Classes, policy, recompute: recompute),
            network => ((Cases.ResNet18.ResNet18)network).fold(), () => new ResNet18(Classes)),
        new("resnet50", [3, 224, 224], Batch: 8,
            (policy, recompute) => new Cases.ResNet50.ResNet50(Classes, policy, recompute: recompute),
            network => ((Cases.ResNet50.ResNet50)network).fold(), () => new HandwrittenResNet50(Classes)),
    ];

    /// <summary>Makes the generated network with a policy.</summary>
    public nn.Module<Tensor, Tensor> Generated(NormPolicy policy, Recompute recompute = default) => Make(policy, recompute);

    /// <summary>How long turns of it are measured, in which a step of the largest takes seconds.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(Name == "resnet50" ? 90 : 20);

    /// <summary>The networks of these names, or all of them.</summary>
    /// <exception cref="ArgumentException">A name is none of theirs.</exception>
    public static IReadOnlyList<BenchmarkedNetwork> Find(IReadOnlyList<string> names)
    {
        if (names.FirstOrDefault(name => All.All(network => network.Name != name)) is { } unknown)
        {
            throw new ArgumentException(
                $"'{unknown}' is no network of this benchmark: expected {string.Join(", ", All.Select(network => network.Name))}.");
        }

        return names.Count == 0 ? All : [.. All.Where(network => names.Contains(network.Name))];
    }

    /// <summary>A step of training on images that stay the same: both passes and the step of SGD with momentum.</summary>
    public Action TrainingStep(nn.Module<Tensor, Tensor> network, long batch, Device device)
    {
        network.to(device);
        network.train();
        manual_seed(1);
        var optimizer = optim.SGD(network.parameters(), 0.001, momentum: 0.9);
        var x = randn([batch, .. Image], device: device);
        var target = randint(Classes, [batch], dtype: ScalarType.Int64, device: device);
        return () =>
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            nn.functional.cross_entropy(network.call(x), target).backward();
            optimizer.step();
        };
    }

    /// <summary>A pass of inference, after one of training, which gives running averages something to average.</summary>
    public Action InferencePass(nn.Module<Tensor, Tensor> network, Device device, bool fold = false)
    {
        network.to(device);
        manual_seed(1);
        using (NewDisposeScope())
            network.call(randn([8, .. Image], device: device));
        network.eval();
        if (fold)
            Fold(network);
        var x = randn([Batch, .. Image], device: device);
        return () =>
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            network.call(x);
        };
    }
}
