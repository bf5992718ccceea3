using static TorchSharp.torch;

namespace KnDsl.Benchmarks;

/// <summary>
/// The obvious way to write a Kalman layer, of elementwise operations: what a user would have without this library.
/// </summary>
internal static class ComposedKalman
{
    public static Tensor Of(Tensor x, Tensor weight, Tensor bias, Tensor m0, Tensor v0, double qm = 1, double qv = 0.25)
    {
        var mu = x.mean([0, 2, 3]);
        var variance = (x - mu.view(1, -1, 1, 1)).square().mean([0, 2, 3]);
        var m = m0 + qm * (mu - m0);
        var v = v0 + qv * (variance - v0) + qv * (1 - qv) * (mu - m0).square();
        var y = (x - m.view(1, -1, 1, 1)) / (v.view(1, -1, 1, 1) + 1e-5).sqrt();
        return y * weight.view(1, -1, 1, 1) + bias.view(1, -1, 1, 1);
    }
}
