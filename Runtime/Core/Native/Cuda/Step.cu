// A step between two normalization layers, as FusedStep.cs has it, in two kernels forward and three backward. This is compiled where it
// runs, after Common.cu.

// The structure is that of StepParameters.cs, field by field. Columns are the elements of an output channel's kernel, inputs by taps.
struct Step
{
    long long rows, inputs, outputs, groups, taps;
    const real* mean;
    const real* variance;
    long long scaled, rectified;
    const double* spread;
    double factor;
    const real* weight;
    const real* bias;
    const double* shares;
    const double* covariance;
    real* moments;
    real* out_mean;
    real* out_variance;
    double* tap_means;
    const real* gm;
    const real* gv;
    real* factors;
    double* partial;
    real* dweight;
    real* dmean;
    real* dvariance;
    long long splits, adds, lanes;
};

static __device__ long long columns_of(const Step& f) { return f.inputs / f.groups * f.taps; }

static __device__ void read_source(const Step& f, long long at, double* mean, double* variance)
{
    double held = f.variance[at];
    *mean = f.mean[at];
    *variance = f.scaled ? held * held * (f.spread ? *f.spread : f.factor) : held;
}

struct Normal
{
    double deviation, above, below, density, first, mean_by_variance;
};

// Of a normal value: the least deviation is that of Normal.cs.
static __device__ Normal normal_of(double mean, double variance)
{
    Normal normal;
    normal.deviation = sqrt(variance > 1e-24 ? variance : 1e-24);
    double z = mean / normal.deviation;
    double tail = 0.5 * erfc((z < 0 ? -z : z) * 0.70710678118654752);
    normal.above = z > 0 ? 1 - tail : tail;
    normal.below = z > 0 ? tail : 1 - tail;
    normal.density = 0.39894228040143268 * exp(-0.5 * z * z);
    normal.first = mean * normal.above + normal.deviation * normal.density;
    normal.mean_by_variance = variance > 1e-24 ? normal.density / (2 * normal.deviation) : 0;
    return normal;
}

// Mean and variance after a ReLU. About the mean of a positive number: the difference of two large moments would lose a small variance.
static __device__ void rectify(Normal n, double* mean, double* variance)
{
    double m = *mean, v = *variance, rest = n.first, second = (m * m + v) * n.above + m * n.deviation * n.density;
    if (m > 0)
    {
        rest = n.deviation * n.density - m * n.below;
        second = v * n.above - m * n.deviation * n.density + m * m * n.below;
    }
    *mean = m > 0 ? m + rest : rest;
    second -= rest * rest;
    *variance = second < 0 ? 0 : second;
}

// The moments of every input after the ReLU, if there is one: means, then variances. Grid: any, over rows and inputs.
extern "C" __global__ void step_inputs(Step f)
{
    long long all = f.rows * f.inputs;
    for (long long at = (long long)blockIdx.x * THREADS + threadIdx.x; at < all; at += (long long)gridDim.x * THREADS)
    {
        double mean, variance;
        read_source(f, at, &mean, &variance);
        if (f.rectified)
            rectify(normal_of(mean, variance), &mean, &variance);
        f.moments[at] = saturate(mean);
        f.moments[all + at] = saturate(variance);
    }
}

// The moments of every output. Grid: outputs by rows. Lanes of a block share a tap; taps take turns.
extern "C" __global__ void step_outputs(Step f)
{
    __shared__ double means[THREADS];
    long long o = blockIdx.x, columns = columns_of(f), group_inputs = f.inputs / f.groups;
    for (long long row = blockIdx.y; row < f.rows; row += gridDim.y)
    {
        long long first = row * f.inputs + o / (f.outputs / f.groups) * group_inputs;
        const real* w = f.weight + o * columns;
        const real* p = f.moments + first;
        const real* s = f.moments + f.rows * f.inputs + first;
        double* per_tap = f.tap_means + (row * f.outputs + o) * f.taps;
        double mean = 0, variance = 0;
        if (!f.shares)
        {
            for (long long k = threadIdx.x; k < columns; k += THREADS)
            {
                double element = w[k];
                mean += element * p[k / f.taps];
                variance += element * element * s[k / f.taps];
            }
        }
        else
        {
            // As many threads for a tap as the kernel's inputs and a block allow; the rest of the taps come after.
            int lanes = (int)f.lanes, lane = threadIdx.x % lanes;
            for (long long turn = 0; turn < f.taps; turn += THREADS / lanes)
            {
                long long tap = turn + threadIdx.x / lanes;
                double sum = 0;
                if (tap < f.taps)
                {
                    double squares = 0;
                    for (long long i = lane; i < group_inputs; i += lanes)
                    {
                        double element = w[i * f.taps + tap];
                        sum += element * p[i];
                        squares += element * element * s[i];
                    }
                    variance += squares * f.shares[tap];
                }
                means[threadIdx.x] = sum;
                __syncthreads();
                for (int half = lanes / 2; half > 0; half /= 2)
                {
                    if (lane < half)
                        means[threadIdx.x] += means[threadIdx.x + half];
                    __syncthreads();
                }
                if (lane == 0 && tap < f.taps)
                    per_tap[tap] = means[threadIdx.x];
                __syncthreads();
            }
            for (long long a = threadIdx.x; a < f.taps; a += THREADS)
            {
                double with = 0;
                for (long long b = 0; b < f.taps; b++)
                    with += f.covariance[a * f.taps + b] * per_tap[b];
                mean += f.shares[a] * per_tap[a];
                variance += with * per_tap[a];
            }
        }
        mean = sum_of_block(mean);
        variance = sum_of_block(variance);
        if (threadIdx.x == 0)
        {
            f.out_mean[row * f.outputs + o] = saturate(mean + (f.bias ? (double)f.bias[o] : 0));
            f.out_variance[row * f.outputs + o] = saturate(f.shares && variance < 0 ? 0 : variance);
        }
    }
}

// What an output's gradient is worth to the mean of each of its taps. Grid: any, over rows, outputs and taps.
extern "C" __global__ void step_factors(Step f)
{
    long long all = f.rows * f.outputs * f.taps;
    for (long long at = (long long)blockIdx.x * THREADS + threadIdx.x; at < all; at += (long long)gridDim.x * THREADS)
    {
        long long of = at / f.taps, tap = at - of * f.taps;
        double gm = f.gm ? f.gm[of] : 0, gv = f.gv ? f.gv[of] : 0, with = 0;
        for (long long b = 0; f.shares && b < f.taps; b++)
            with += f.covariance[tap * f.taps + b] * f.tap_means[of * f.taps + b];
        f.factors[at] = (real)(f.shares ? gm * f.shares[tap] + 2 * gv * with : gm);
    }
}

// The weight's gradient, and sums over a part of a group's outputs for the inputs'. Grid: columns by groups, or fewer, by parts.
extern "C" __global__ void step_gradient(Step f)
{
    long long k = (long long)blockIdx.x * THREADS + threadIdx.x, columns = columns_of(f);
    if (k >= columns)
        return;
    long long of_group = f.outputs / f.groups, part = (of_group + f.splits - 1) / f.splits;
    long long begin = blockIdx.z * part, end = begin + part < of_group ? begin + part : of_group;
    long long tap = k % f.taps, length = f.inputs * f.taps;
    real share = f.shares ? (real)f.shares[tap] : 1;
    for (long long group = blockIdx.y; group < f.groups; group += gridDim.y)
    {
        long long input = group * (f.inputs / f.groups) + k / f.taps;
        for (long long row = 0; row < f.rows; row++)
        {
            real p = f.moments[row * f.inputs + input], s = 2 * share * f.moments[(f.rows + row) * f.inputs + input];
            double dp = 0, ds = 0;
            for (long long o = group * of_group + begin; o < group * of_group + end; o++)
            {
                long long of = row * f.outputs + o, at = o * columns + k;
                real w = f.weight[at], factor = f.factors[of * f.taps + tap], product = (f.gv ? f.gv[of] : 0) * w;
                real gradient = factor * p + product * s;
                f.dweight[at] = f.adds || row > 0 ? f.dweight[at] + gradient : gradient;
                dp += factor * w;
                ds += product * w;
            }
            double* partial = f.partial + 2 * ((blockIdx.z * f.rows + row) * length + group * columns + k);
            partial[0] = dp;
            partial[1] = ds * share;
        }
    }
}

// The gradients of the source. Grid: any, over rows and inputs.
extern "C" __global__ void step_source(Step f)
{
    long long all = f.rows * f.inputs, length = f.inputs * f.taps;
    for (long long at = (long long)blockIdx.x * THREADS + threadIdx.x; at < all; at += (long long)gridDim.x * THREADS)
    {
        long long row = at / f.inputs, input = at - row * f.inputs;
        double by_mean = 0, by_variance = 0;
        for (long long split = 0; split < f.splits; split++)
        {
            const double* partial = f.partial + 2 * ((split * f.rows + row) * length + input * f.taps);
            for (long long tap = 0; tap < f.taps; tap++)
            {
                by_mean += partial[2 * tap];
                by_variance += partial[2 * tap + 1];
            }
        }
        double mean, variance, held = f.variance[at];
        read_source(f, at, &mean, &variance);
        if (f.rectified)
        {
            Normal n = normal_of(mean, variance);
            double of_mean = by_mean * n.above + by_variance * 2 * n.first * n.below;
            by_variance = by_mean * n.mean_by_variance + by_variance * (n.above - 2 * n.first * n.mean_by_variance);
            by_mean = of_mean;
        }
        f.dmean[at] = (real)by_mean;
        f.dvariance[at] = (real)(by_variance * (f.scaled ? 2 * held * (f.spread ? *f.spread : f.factor) : 1));
    }
}
