// Moments of a value, or of a sum of two, from what their states are computed from, as CpuSum.cs has it. This is compiled where it runs,
// after Step.cu.

// A value: moments, or a shift and a scale, and perhaps a ReLU after them. Backward, where gradients go.
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
    long long rows, channels, count;
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
    double mean = s.mean[at], variance = s.scaled ? held * held * factor : held;
    double mean_by_mean = 1, mean_by_variance = 0, variance_by_mean = 0, variance_by_variance = 1;
    if (s.rectified)
    {
        Normal n = normal_of(mean, variance);
        mean_by_mean = n.above;
        mean_by_variance = n.mean_by_variance;
        variance_by_mean = 2 * n.first * n.below;
        variance_by_variance = n.above - 2 * n.first * n.mean_by_variance;
        rectify(n, &mean, &variance);
    }
    if (slopes)
    {
        slopes[at] = (real)mean_by_mean;
        slopes[length + at] = (real)(mean_by_variance * slope);
        slopes[2 * length + at] = (real)variance_by_mean;
        slopes[3 * length + at] = (real)(variance_by_variance * slope);
    }
    *mean_at = mean;
    *variance_at = variance;
}

// Grid: any, over rows and channels.
extern "C" __global__ void sum_moments(Sum f)
{
    long long all = f.rows * f.channels;
    for (long long at = (long long)blockIdx.x * THREADS + threadIdx.x; at < all; at += (long long)gridDim.x * THREADS)
    {
        double mean = 0, variance = 0;
        real* slopes = f.slopes;
        for (int i = 0; i < f.count; i++)
        {
            long long length = f.of[i].rows * f.channels;
            double of_mean, of_variance;
            read_summand(f.of[i], at % length, length, slopes, &of_mean, &of_variance);
            mean += i == 0 ? of_mean : f.sign * of_mean;
            variance += of_variance;
            slopes = slopes ? slopes + 4 * length : slopes;
        }
        f.out_mean[at] = saturate(mean);
        f.out_variance[at] = saturate(variance);
    }
}

// Grid: any, over rows and channels. A value of one row has it in all rows.
extern "C" __global__ void sum_moments_gradient(Sum f)
{
    long long all = f.rows * f.channels;
    const real* by = f.slopes;
    for (int i = 0; i < f.count; i++)
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
