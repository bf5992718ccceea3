using System.IO;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>A checkpoint of a network with batch normalization fits the same network with every policy of running averages.</summary>
public sealed class CheckpointTests : TorchTest
{
    [Theory]
    [InlineData("Branch")]
    [InlineData("PreActivation")]
    [InlineData("Loop")]
    [InlineData("Shared")]
    public void OfBatchNormLoadsStrictly(string name)
    {
        using var _ = no_grad();
        var @case = GeneratedCase.Of(name);
        using var batch = @case.CreateNetwork(NormPolicy.Batch());
        for (var step = 0; step < 3; step++)
            GeneratedCase.Run(batch, @case.Inputs());
        batch.eval();
        var inputs = @case.Inputs();
        var expected = GeneratedCase.Run(batch, inputs);
        var file = Path.GetTempFileName();
        try
        {
            batch.save_weights(file);
            foreach (var policy in new[] { NormPolicy.Kalman(), NormPolicy.Kalman(0.1, 2, Transition.Sampled), NormPolicy.Renorm() })
            {
                using var network = @case.CreateNetwork(policy);
                var report = network.load_weights(file);
                Assert.True(report.IsComplete);
                Assert.Equal(batch.state_dict().Count, report.Matched.Count);
                network.eval();
                var actual = GeneratedCase.Run(network, inputs);
                for (var i = 0; i < expected.Length; i++)
                    Close(expected[i], actual[i], 1e-6, $"{name}, {policy}");
            }

            // What a checkpoint cannot have is named: gains that are learned.
            using var learned = @case.CreateNetwork(NormPolicy.Kalman(Gain.Learned()));
            var missing = Assert.Throws<WeightsException>(() => learned.load_weights(file)).Report!.Missing;
            Assert.All(missing, entry => Assert.Matches("gain_(mean|variance)$", entry));
            Assert.Equal(missing, learned.load_weights(file, strict: false).Missing);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
