using System.Linq;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>
/// Kalman normalization composed of elementary operations, straight from its formulas, as the reference for the layer.
/// </summary>
internal static class ComposedNorm
{
    /// <param name="x">[N, C, ...].</param>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="m0">Prior means, [R, C] or [1, C], or null.</param>
    /// <param name="v0">Prior variances.</param>
    /// <param name="qm">Gain of the mean.</param>
    /// <param name="qv">Gain of the variance.</param>
    /// <param name="groups">Micro-batches: sample i belongs to micro-batch i modulo groups.</param>
    /// <param name="eps">Added to the variance.</param>
    public static (Tensor y, Tensor m, Tensor v) Of(
        Tensor x, Tensor weight, Tensor bias, Tensor? m0, Tensor? v0, double qm, double qv, long groups = 1,
        double eps = 1e-5)
    {
        var parts = Enumerable.Range(0, (int)groups)
            .Select(group => arange(group, x.size(0), groups, dtype: ScalarType.Int64))
            .Select(samples => x.index_select(0, samples).transpose(0, 1).flatten(1));
        var values = stack(parts); // [R, C, values of a statistic]
        var mu = values.mean([2]);
        var variance = (values - mu.unsqueeze(2)).square().mean([2]);
        var (m, v) = m0 is null || v0 is null
            ? (mu, variance)
            : (m0 + qm * (mu - m0), v0 + qv * (variance - v0) + qv * (1 - qv) * (mu - m0).square());
        var shape = x.shape.Select(_ => 1L).ToArray();
        shape[1] = -1;
        var outputs = Enumerable.Range(0, (int)x.size(0)).Select(i =>
        {
            var (mean, scale) = (m[i % groups], weight / (v[i % groups] + eps).sqrt());
            return (x[i].unsqueeze(0) - mean.view(shape)) * scale.view(shape) + bias.view(shape);
        });
        return (cat(outputs.ToArray()), m, v);
    }
}
