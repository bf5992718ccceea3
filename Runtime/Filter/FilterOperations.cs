using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The filter's arithmetic as compiled functions. TorchScript reaches native operations that TorchSharp does not bind
/// (batch_norm_update_stats, native_batch_norm_backward), and runs the arithmetic on [C]-vectors in one call.
/// </summary>
internal static class FilterOperations
{
    private static readonly CompiledScript Compiled = new("""
        def forward(x: Tensor, weight: Tensor, bias: Tensor, m0: Optional[Tensor], v0: Optional[Tensor],
                    groups: int, qm: float, qv: float, eps: float, guard_each: bool) -> List[Tensor]:
            mean, variance = torch.batch_norm_update_stats(x, None, None, 0.0)
            mu = mean.view([groups, -1])
            var = variance.view([groups, -1])
            count = x.numel() // mu.numel()
            bessel = var / float(max(count - 1, 1))
            if m0 is None or v0 is None:
                m = mu
                v = var
                unbiased = var + bessel
                kept = [mu.detach()]
            else:
                # A channel without variance says nothing about the prior; neither does a single value.
                ratio = torch.where(var > 1e-12 * mu * mu, v0 / var, torch.zeros_like(var))
                if guard_each:
                    trusted = ratio.mean([1], True) < 100.0
                else:
                    trusted = ratio.mean([0, 1], True) < 100.0
                zero = torch.zeros_like(var)
                d = torch.where(trusted, mu - m0, zero)
                e = torch.where(trusted, var - v0, zero)
                keep = trusted.to(mu.dtype)
                m = mu - (1.0 - qm) * d
                v = var - (1.0 - qv) * e + (qv * (1.0 - qv)) * d * d
                unbiased = v + (1.0 - (1.0 - qv) * keep) * bessel
                kept = [mu, d, keep]
            r = torch.rsqrt(v + eps)
            a = weight * r
            y = torch.batch_norm(x, weight.repeat([groups]), bias.repeat([groups]), m.view([-1]), v.view([-1]),
                                 False, 0.0, eps, False)
            # Kept beside an output, the same tensor would hold the graph node that holds it: keep another.
            return [y, m, v, unbiased, a, r, m.detach(), v.detach()] + kept

        def backward(gy: Tensor, gm: Optional[Tensor], gv: Optional[Tensor], x: Tensor, kept: List[Tensor],
                     prior_rows: int, groups: int, qm: float, qv: float, eps: float) -> List[Tensor]:
            a, r, m, v, mu = kept[0], kept[1], kept[2], kept[3], kept[4]
            _, dw, db = torch.native_batch_norm_backward(gy, x, None, m.view([-1]), v.view([-1]), None, None,
                                                         False, eps, [False, True, True])
            dw = dw.view([groups, -1])
            db = db.view([groups, -1])
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
                d, keep = kept[5], kept[6]
                pm = (1.0 - qm) * keep
                pv = (1.0 - qv) * keep
                cross = (2.0 * qv * (1.0 - qv)) * d * dv
                dmu = dm - pm * dm + cross
                dvar = dv - pv * dv
                dm0 = pm * dm - cross
                dv0 = pv * dv
                if prior_rows < groups:
                    dm0 = dm0.sum([0], True)
                    dv0 = dv0.sum([0], True)
                result += [dm0, dv0]
            count = float(x.numel() // mu.numel())
            mean = mu.view([-1])
            dx = torch.batch_norm(x, (2.0 / count * dvar).view([-1]), (dmu / count).view([-1]), mean,
                                  torch.ones_like(mean), False, 0.0, 0.0, False)
            shape = [1] * x.dim()
            shape[1] = -1
            dx.addcmul_(gy, a.view(shape))
            return [dx] + result
        """);

    /// <summary>The filter.</summary>
    /// <returns>y, m, v, the unbiased variance, then what the backward pass needs.</returns>
    public static Tensor[] Forward(
        Tensor x, Tensor weight, Tensor bias, Moments? prior, FilterSettings settings) =>
        Compiled.Call(
            "forward", x, weight, bias, prior?.Mean, prior?.Variance, (int)settings.Groups, settings.MeanGain,
            settings.VarianceGain, settings.Eps, settings.GuardsEachGroup);

    /// <summary>The gradients of x, weight, bias and, with a prior, m0 and v0.</summary>
    public static Tensor[] Backward(
        Tensor gy, Tensor? gm, Tensor? gv, Tensor x, Tensor[] kept, long priorRows, FilterSettings settings) =>
        Compiled.Call(
            "backward", gy, gm, gv, x, kept, (int)priorRows, (int)settings.Groups, settings.MeanGain,
            settings.VarianceGain, settings.Eps);
}
