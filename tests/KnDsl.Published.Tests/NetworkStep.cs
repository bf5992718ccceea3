using System;
using System.Linq;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl.Published.Tests;

/// <summary>Steps of training of the sample's network or of a published one, on images that stay the same.</summary>
internal sealed class NetworkStep : IDisposable
{
    private readonly nn.Module _network;
    private readonly Func<Tensor, Tensor> _run;
    private readonly Tensor _image;
    private readonly Tensor _target;
    private readonly optim.Optimizer _optimizer;

    /// <param name="name"><c>ResNetCifar</c>, or a case of tests/Cases/published.</param>
    /// <param name="policy">The policy of its norms.</param>
    /// <param name="device">Where it is.</param>
    public NetworkStep(string name, NormPolicy policy, torch.Device device)
    {
        if (name == "ResNetCifar")
        {
            var sample = new ResNetCifar(policy: policy, device: device);
            (_network, _run, _image) = (sample, sample.call, randn([4, 1, 28, 28], device: device));
        }
        else
        {
            _network = Declared.All[name].Create(policy, classes: 10).to(device);
            _run = x => Declared.All[name].Run(_network, x, "output").Values.Single();
            _image = randn([4, 3, 64, 64], device: device);
        }

        _network.train();
        _target = arange(4, device: device);
        _optimizer = optim.SGD(_network.parameters(), 0.01, momentum: 0.9, weight_decay: 1e-4);
    }

    /// <summary>Does one.</summary>
    public void Run()
    {
        using var turn = NewDisposeScope();
        _optimizer.zero_grad();
        nn.functional.cross_entropy(_run(_image), _target).backward();
        _optimizer.step();
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _network.Dispose();
    }
}
