// Moments of a normal value after a function of straight lines, as CpuPieces.cs has it, and of a sum of two values, as CpuSum.cs has it,
// with their derivatives. This is compiled where it runs, after Common.cu and Step.cu.

// A function of straight lines.
struct Lines
{
    long long count;
    double from[4], to[4], slope[4], intercept[4];
};

// The structure is that of PieceParameters.cs, field by field.
struct Pieces
{
    long long length;
    const real* mean;
    const real* variance;
    real* out_mean;
    real* out_variance;
    real* slopes;
    const real* gm;
    const real* gv;
    real* dmean;
    real* dvariance;
    Lines lines;
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

// The moments of the function's value, from those of its argument.
static __device__ void through(const Lines& f, double m, double v, Dual* mean_after, Dual* variance_after)
{
    Dual mean = { m, 1, 0 };
    double root = sqrt(v > 1e-24 ? v : 1e-24), center = 0;
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
    *mean_after = constant(center) + first;
    *variance_after = second - first * first;
    if (variance_after->x < 0)
        *variance_after = constant(0);
}

// Grid: any, over the elements.
extern "C" __global__ void pieces(Pieces f)
{
    for (long long at = (long long)blockIdx.x * THREADS + threadIdx.x; at < f.length; at += (long long)gridDim.x * THREADS)
    {
        Dual mean, variance;
        through(f.lines, f.mean[at], f.variance[at], &mean, &variance);
        f.out_mean[at] = saturate(mean.x);
        f.out_variance[at] = saturate(variance.x);
        if (f.slopes)
        {
            f.slopes[at] = (real)mean.by_mean;
            f.slopes[f.length + at] = (real)mean.by_variance;
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

// One of the values that are added: moments, or a scale and a shift, and perhaps a ReLU after them; backward, where gradients go.
struct Summand
{
    long long rows;
    real* mean;
    real* variance;
    long long scaled, rectified;
    const double* spread;
    double factor;
};

// The structure is that of SumParameters.cs, field by field.
struct Sum
{
    long long rows, channels;
    double sign;
    real* out_mean;
    real* out_variance;
    real* slopes;
    const real* gm;
    const real* gv;
    Summand of[2];
};

// The moments of a value, whose derivatives by what is held are written where they are wanted.
static __device__ void read_summand(
    const Summand& s, long long at, long long length, real* slopes, double* mean_at, double* variance_at)
{
    double held = s.variance[at], factor = s.spread ? *s.spread : s.factor, slope = s.scaled ? 2 * held * factor : 1;
    Dual mean = { s.mean[at], 1, 0 }, variance = { s.scaled ? held * held * factor : held, 0, 1 };
    if (s.rectified)
    {
        double infinite = 1e308;
        infinite *= 10;
        Lines relu = { 2, { -infinite, 0 }, { 0, infinite }, { 0, 1 }, { 0, 0 } };
        through(relu, mean.x, variance.x, &mean, &variance);
    }
    if (slopes)
    {
        slopes[at] = (real)mean.by_mean;
        slopes[length + at] = (real)(mean.by_variance * slope);
        slopes[2 * length + at] = (real)variance.by_mean;
        slopes[3 * length + at] = (real)(variance.by_variance * slope);
    }
    *mean_at = mean.x;
    *variance_at = variance.x;
}

// Grid: any, over rows and channels.
extern "C" __global__ void sum_moments(Sum f)
{
    long long all = f.rows * f.channels;
    for (long long at = (long long)blockIdx.x * THREADS + threadIdx.x; at < all; at += (long long)gridDim.x * THREADS)
    {
        double means[2], variances[2];
        real* slopes = f.slopes;
        for (int i = 0; i < 2; i++)
        {
            long long length = f.of[i].rows * f.channels;
            read_summand(f.of[i], at % length, length, slopes, &means[i], &variances[i]);
            slopes = slopes ? slopes + 4 * length : slopes;
        }
        f.out_mean[at] = saturate(means[0] + f.sign * means[1]);
        f.out_variance[at] = saturate(variances[0] + variances[1]);
    }
}

// Grid: any, over rows and channels. A value of one row has it in all rows.
extern "C" __global__ void sum_moments_gradient(Sum f)
{
    long long all = f.rows * f.channels;
    const real* by = f.slopes;
    for (int i = 0; i < 2; i++)
    {
        long long length = f.of[i].rows * f.channels;
        for (long long at = (long long)blockIdx.x * THREADS + threadIdx.x; at < length; at += (long long)gridDim.x * THREADS)
        {
            double m = 0, v = 0;
            for (long long row = at; row < all; row += length)
            {
                m += f.gm ? f.gm[row] : 0;
                v += f.gv ? f.gv[row] : 0;
            }
            m *= i == 0 ? 1 : f.sign;
            f.of[i].mean[at] = (real)(m * by[at] + v * by[2 * length + at]);
            f.of[i].variance[at] = (real)(m * by[length + at] + v * by[3 * length + at]);
        }
        by += 4 * length;
    }
}
