namespace KnDsl;

/// <summary>ReLU: the moments of the rectified Gaussian, in closed form.</summary>
internal static class ReluMoments
{
    private static readonly CompiledScript Compiled = new("""
        def relu(mean: Tensor, variance: Tensor) -> List[Tensor]:
            # A variance of zero is a constant: the smallest deviation keeps it one, gradients included.
            deviation = torch.sqrt(variance.clamp_min(1e-24))
            z = mean / deviation
            above = 0.5 * torch.erfc(z * -0.7071067811865476)
            density = deviation * (0.3989422804014327 * torch.exp(-0.5 * z * z))
            first = mean * above + density
            second = (mean * mean + variance) * above + mean * density
            return [first, (second - first * first).clamp_min(0.0)]
        """);

    public static Moments Of(Moments x)
    {
        var result = Compiled.Call("relu", x.Mean, x.Variance);
        return new(result[0], result[1]);
    }
}
