using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Published.Tests;

/// <summary>
/// On a CPU a step's bits do not depend on what the process did before: a training that goes on in another process ends as one that never
/// stopped.
/// </summary>
public sealed class RepeatedStepTests : TorchTest
{
    /// <summary>
    /// TorchScript differentiates a function by itself from its second call on, with other roundings than those of the first: none of the
    /// functions that gradients pass may be TorchScript.
    /// </summary>
    [Theory]
    [InlineData("ResNetCifar")]
    [InlineData("MobileNetV2")]
    public void NoGradientPassesTorchScript(string name)
    {
        foreach (var policy in EveryPolicy.Names)
        {
            using var scope = NewDisposeScope();
            using var step = new NetworkStep(name, EveryPolicy.Of(policy), CPU);
            step.Run();
            step.Run();
            if (Dispatched.By(step.Run) is not { } dispatched)
                return;
            Assert.True(dispatched["aten::convolution"] > 10, "The operations were not seen.");
            Assert.DoesNotContain(dispatched.Keys, key => key.Contains("jit", System.StringComparison.OrdinalIgnoreCase));
        }
    }
}
