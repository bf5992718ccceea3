using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The filter's arithmetic as compiled functions. TorchScript reaches native operations that TorchSharp does not bind
/// (batch_norm_update_stats, native_batch_norm_backward), and runs the arithmetic on statistics in one call.
/// </summary>
internal static class CompiledOperations
{
    private static readonly CompiledScript Compiled = new("""
        def observe(x: Tensor) -> List[Tensor]:
            mean, variance = torch.batch_norm_update_stats(x, None, None, 0.0)
            return [mean, variance]

        def excess(x: Tensor, m0: Tensor, v0: Tensor, micro_batches: int, no_variance: float) -> List[Tensor]:
            mean, variance = torch.batch_norm_update_stats(x.double(), None, None, 0.0)
            mu = mean.view([micro_batches, -1])
            var = variance.view([micro_batches, -1])
            ratio = torch.where(var > no_variance * mu * mu, v0 / var, torch.zeros_like(var)) + (m0 + v0) * 0.0
            return [ratio.sum([0, 1], True)]

        def forward(x: Tensor, weight: Tensor, bias: Tensor, m0: Optional[Tensor], v0: Optional[Tensor], qm: Tensor,
                    qv: Tensor, micro_batches: int, eps: float, bound: float, no_variance: float,
                    authors_guard: bool, layer_ratio: Optional[Tensor], prior_is_past: bool) -> List[Tensor]:
            wide = x.to(weight.dtype)
            mean, variance = torch.batch_norm_update_stats(wide, None, None, 0.0)
            mu = mean.view([micro_batches, -1])
            var = variance.view([micro_batches, -1])
            count = x.numel() // mu.numel()
            bessel = var / float(max(count - 1, 1))
            if m0 is None or v0 is None:
                m = mu
                v = var
                averaged = [m, var + bessel]
                kept = [mu.detach()]
            else:
                # A channel without variance says nothing about the prior; neither does a single value.
                told = var > no_variance * mu * mu
                zero = torch.zeros_like(var)
                # Not a number where the prior is not finite: no comparison holds then.
                finite = (m0 + v0) * 0.0
                if layer_ratio is not None:
                    trusted = layer_ratio < bound
                elif authors_guard:
                    ratio = torch.where(told, v0 / var, zero) + finite
                    trusted = ratio.mean([0, 1], True) < bound
                else:
                    share = torch.where(told, var / (v0 + var), zero) + finite
                    trusted = share.sum([1], True) >= bound * told.sum([1], True)
                d = torch.where(trusted, mu - m0, zero)
                e = torch.where(trusted, var - v0, zero)
                one = torch.ones_like(trusted, dtype=mu.dtype)
                qm = torch.where(trusted, qm, one)
                qv = torch.where(trusted, qv, one)
                rest = qv - 1.0
                m = torch.addcmul(mu, qm - 1.0, d)
                v = torch.addcmul(torch.addcmul(var, rest, e), qv * rest, d * d, value=-1)
                if prior_is_past:
                    averaged = [mu, torch.addcmul(var + bessel, d, d)]
                else:
                    averaged = [m, torch.addcmul(v, qv, bessel)]
                kept = [mu, d, e, qm, qv]
            r = torch.rsqrt(v + eps)
            a = weight * r
            if micro_batches > 1:
                weight = weight.expand([micro_batches, -1]).reshape([-1])
                bias = bias.expand([micro_batches, -1]).reshape([-1])
            y = torch.batch_norm(wide, weight, bias, m.reshape([-1]), v.reshape([-1]), False, 0.0, eps, False)
            seen = mu - m
            spread = (torch.addcmul(var, seen, seen) * r * r).double().mean()
            # In 32 bits a spread may be finite where a variance is not: the variance is no number then.
            spread = spread + ((mu + var) * 0.0).sum()
            # Kept beside an output, the same tensor would hold the graph node that holds it: keep another.
            return [y.to(x.dtype), m, v, spread] + averaged + [a, r, m.detach(), v.detach()] + kept

        def backward(gy: Tensor, gm: Optional[Tensor], gv: Optional[Tensor], x: Tensor, kept: List[Tensor],
                     prior_rows: int, learns_gains: bool, micro_batches: int, eps: float) -> List[Tensor]:
            a, r, m, v, mu = kept[0], kept[1], kept[2], kept[3], kept[4]
            wide = x.to(mu.dtype)
            g = gy.to(mu.dtype)
            # A CPU reads the statistics as running ones, CUDA as saved ones; there these and a weight must be there.
            mean, root = m.reshape([-1]), r.reshape([-1])
            _, dw, db = torch.native_batch_norm_backward(g, wide, torch.ones_like(mean), mean, v.reshape([-1]), mean, root,
                                                         False, eps, [False, True, True])
            dw = dw.view([micro_batches, -1])
            db = db.view([micro_batches, -1])
            dm = -a * db
            dv = -0.5 * a * r * dw
            if gm is not None:
                dm = dm + gm
            if gv is not None:
                dv = dv + gv
            result = [dw.sum([0]), db.sum([0])]
            if prior_rows == 0:
                dmu = dm
                dvar = dv
            else:
                d, e, qm, qv = kept[5], kept[6], kept[7], kept[8]
                cross = qv * (qv - 1.0) * d * dv * -2.0
                dmu = torch.addcmul(cross, qm, dm)
                dvar = qv * dv
                dm0 = dm - dmu
                dv0 = dv - dvar
                if prior_rows < micro_batches:
                    dm0 = dm0.sum([0], True)
                    dv0 = dv0.sum([0], True)
                result += [dm0, dv0]
                if learns_gains:
                    result += [dm * d, dv * (e + (1.0 - 2.0 * qv) * d * d)]
            count = float(x.numel() // mu.numel())
            seen = mu.reshape([-1])
            dx = torch.batch_norm(wide, (2.0 / count * dvar).view([-1]), (dmu / count).view([-1]), seen,
                                  torch.ones_like(seen), False, 0.0, 0.0, False)
            shape = [1] * x.dim()
            shape[1] = -1
            dx.addcmul_(g, a.view(shape))
            return [dx.to(x.dtype)] + result
        """);

    /// <summary>Mean and biased variance of every channel, without gradient, in one pass.</summary>
    public static (Tensor Mean, Tensor Variance) Observe(Tensor x)
    {
        var result = Compiled.Call("observe", x);
        return (result[0], result[1]);
    }

    /// <summary>The filter.</summary>
    /// <returns>
    /// y, m, v, the spread (not a number where a statistic is not finite), the mean and variance that running averages take in, then the
    /// tensors that the backward pass needs.
    /// </returns>
    public static Tensor[] Forward(FilterArguments arguments, Moments gains, long microBatches)
    {
        var x = arguments.Input;
        var authors = arguments.Settings.Guard == PriorGuard.Authors;
        return Compiled.Call(
            "forward", x, arguments.Weight, arguments.Bias, arguments.Prior?.Mean, arguments.Prior?.Variance,
            gains.Mean, gains.Variance, (int)microBatches, arguments.Settings.Eps,
            authors ? PriorGuards.Bound : PriorGuards.LeastShare((double)x.numel() / x.size(1)), PriorGuards.NoVariance,
            authors, arguments.LayerRatio, arguments.Averaged == AveragedStatistics.Observed);
    }

    /// <summary>
    /// The sum of v0 / var over the channels and micro-batches of a part, [1, 1] in 64 bits; not a number where the prior is not finite.
    /// </summary>
    /// <param name="x">The part of the value, [n, R*C, ...].</param>
    /// <param name="prior">The prior of its micro-batches.</param>
    /// <param name="microBatches">How many there are, R.</param>
    public static Tensor Excess(Tensor x, MomentSource prior, long microBatches) =>
        Compiled.Call("excess", x, prior.Mean, prior.Variance, (int)microBatches, PriorGuards.NoVariance)[0];

    /// <summary>
    /// The gradients of x, weight, bias and, with a prior, m0, v0; where gains are learned, also qm and qv, not yet summed.
    /// </summary>
    public static Tensor[] Backward(
        Tensor gy, Tensor? gm, Tensor? gv, Tensor x, Tensor[] kept, long priorRows, bool learnsGains, long microBatches,
        FilterSettings settings) =>
        Compiled.Call("backward", gy, gm, gv, x, kept, (int)priorRows, learnsGains, (int)microBatches, settings.Eps);
}
