using System.Linq;
using KnDsl.Samples.FashionMnist;
using TorchSharp;
using Xunit;

namespace KnDsl.Samples.Tests;

public sealed class FoldTests
{
    [Fact]
    public void The_samples_network_answers_the_same_when_folded()
    {
        using var scope = torch.NewDisposeScope();
        using var _ = torch.no_grad();
        torch.manual_seed(1);
        using var network = new ResNetCifar();
        for (var step = 0; step < 3; step++)
            network.call(torch.randn(16, 1, 28, 28) + 0.5);
        network.eval();
        var images = torch.rand(8, 1, 28, 28);
        var before = network.call(images);

        network.fold();

        var after = network.call(images);
        Assert.True((after - before).abs().max().item<float>() <= 1e-5f * before.abs().max().item<float>());
        // A unit's first norm observes what the shortcut reads too, so it stays; so does the last one, which follows a join.
        Assert.All(network.named_modules().Where(entry => entry.module is RunningNormLayer),
            entry => Assert.Equal(entry.name.EndsWith("norm2", System.StringComparison.Ordinal), ((RunningNormLayer)entry.module).folded));
    }
}
