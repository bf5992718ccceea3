using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>Calls of compiled functions.</summary>
public sealed class CompiledScriptTests : TorchTest
{
    [Fact]
    public void NumbersLiveAsLongAsTheCall()
    {
        var script = new CompiledScript("""
            def f(x: Tensor, a: int, b: float, c: bool) -> List[Tensor]:
                for i in range(20):
                    x = x + float(a) * b
                return [x if c else -x]
            """);
        var x = zeros(1, float64);
        using var collecting = new CollectingThread();
        for (var i = 1; i <= 20_000; i++)
        {
            using var result = script.Call("f", x, i, 0.5, i % 2 == 0)[0];
            Assert.Equal(i % 2 == 0 ? 10.0 * i : -10.0 * i, result.item<double>());
        }
    }
}
