// Moments of a normal value after a function of straight lines, as CpuPieces.cs has it, and their derivatives. This is compiled
// where it runs, after Common.cu.

// The structure is that of PieceParameters.cs, field by field.
struct Pieces
{
    long long length, count;
    const real* mean;
    const real* variance;
    real* out_mean;
    real* out_variance;
    real* slopes;
    const real* gm;
    const real* gv;
    real* dmean;
    real* dvariance;
    double from[4], to[4], slope[4], intercept[4];
};

// A number with its derivatives by mean and variance.
struct Dual
{
    double x, by_mean, by_variance;
};

static __device__ Dual constant(double x) { return { x, 0, 0 }; }
static __device__ Dual operator+(Dual a, Dual b) { return { a.x + b.x, a.by_mean + b.by_mean, a.by_variance + b.by_variance }; }
static __device__ Dual operator-(Dual a, Dual b) { return { a.x - b.x, a.by_mean - b.by_mean, a.by_variance - b.by_variance }; }
static __device__ Dual chain(Dual a, double x, double slope) { return { x, slope * a.by_mean, slope * a.by_variance }; }
static __device__ Dual operator*(Dual a, Dual b)
{
    return { a.x * b.x, a.by_mean * b.x + a.x * b.by_mean, a.by_variance * b.x + a.x * b.by_variance };
}

// Grid: any, over the elements.
extern "C" __global__ void pieces(Pieces f)
{
    for (long long at = (long long)blockIdx.x * THREADS + threadIdx.x; at < f.length; at += (long long)gridDim.x * THREADS)
    {
        Dual mean = { f.mean[at], 1, 0 };
        double v = f.variance[at], root = sqrt(v > 1e-24 ? v : 1e-24), center = 0;
        Dual deviation = { root, 0, v > 1e-24 ? 0.5 / root : 0 };
        Dual inverse = chain(deviation, 1 / root, -1 / (root * root));
        for (int i = 0; i < f.count; i++)
        {
            if (mean.x > f.from[i] && mean.x <= f.to[i])
                center = mean.x * f.slope[i] + f.intercept[i];
        }

        Dual first = constant(0), second = constant(0);
        for (int i = 0; i < f.count; i++)
        {
            Dual share = constant(0), z1 = constant(0), z2 = constant(0);
            for (int end = 0; end < 2; end++)
            {
                double place = end == 0 ? f.from[i] : f.to[i];
                Dual sign = constant(end == 0 ? 1 : -1);
                if (place - place != 0)
                {
                    // All lies above minus infinity, and nothing above infinity.
                    share = share + constant(place < 0 ? sign.x : 0);
                    continue;
                }
                Dual z = (constant(place) - mean) * inverse;
                double density = 0.39894228040143268 * exp(-0.5 * z.x * z.x);
                Dual above = chain(z, 0.5 * erfc(z.x * 0.70710678118654752), -density);
                Dual phi = chain(z, density, -z.x * density);
                share = share + sign * above;
                z1 = z1 + sign * phi;
                z2 = z2 + sign * (z * phi);
            }
            Dual offset = mean * constant(f.slope[i]) + constant(f.intercept[i] - center);
            Dual scale = deviation * constant(f.slope[i]);
            first = first + scale * z1 + offset * share;
            second = second + scale * scale * (z2 + share) + constant(2) * scale * offset * z1 + offset * offset * share;
        }
        Dual variance = second - first * first;
        if (variance.x < 0)
            variance = constant(0);
        f.out_mean[at] = saturate(center + first.x);
        f.out_variance[at] = saturate(variance.x);
        if (f.slopes)
        {
            f.slopes[at] = (real)first.by_mean;
            f.slopes[f.length + at] = (real)first.by_variance;
            f.slopes[2 * f.length + at] = (real)variance.by_mean;
            f.slopes[3 * f.length + at] = (real)variance.by_variance;
        }
    }
}

// Grid: any, over the elements.
extern "C" __global__ void pieces_gradient(Pieces f)
{
    for (long long at = (long long)blockIdx.x * THREADS + threadIdx.x; at < f.length; at += (long long)gridDim.x * THREADS)
    {
        real gm = f.gm ? f.gm[at] : 0, gv = f.gv ? f.gv[at] : 0;
        f.dmean[at] = gm * f.slopes[at] + gv * f.slopes[2 * f.length + at];
        f.dvariance[at] = gm * f.slopes[f.length + at] + gv * f.slopes[3 * f.length + at];
    }
}
