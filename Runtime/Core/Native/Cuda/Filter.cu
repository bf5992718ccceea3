// The filter of KalmanFilter.cs on a device, in three kernels forward and three backward. What the symbols mean is said there and in
// CpuFilterNode.cs; statistics are computed in double. This is compiled where it runs, after Common.cu.

// The structures are those of FilterParameters.cs, field by field.
struct Filter
{
    long long channels, positions, group_size, full, size, rest;
    long long together, together_in_row, lanes, splits;
    const value* x;
    const real* weight;
    const real* bias;
    long long prior_form, prior_rows, prior_channels;
    const real* prior_mean;
    const real* prior_variance;
    const double* prior_spread;
    double prior_factor;
    const real* gain_mean;
    const real* gain_variance;
    long long gain_rows, gain_columns;
    double mean_gain[2], variance_gain[2], least_share[2];
    double eps, no_variance;
    long long averaged;
    double* work;
    real* m;
    real* v;
    double* spread;
    real* running_mean;
    real* running_variance;
    long long* running_count;
    double momentum;
    unsigned char* found;
    value* y;
    const value* addend;
    long long activation;
};

struct Gradient
{
    Filter forward;
    const value* gy;
    const value* output;
    const real* gm;
    const real* gv;
    value* before;
    value* dx;
    real* weight;
    real* bias;
    real* prior_mean;
    real* prior_variance;
    real* mean_gain;
    real* variance_gain;
    long long lanes, splits;
    double* work;
};

enum { NO_PRIOR, MOMENTS, SCALE_AND_SPREAD };
enum { FILTERED, OBSERVED, PRIOR };
enum { MU, VARIANCE, M0, V0, M, D, E, QM, QV, ROOT, AVERAGED_MEAN, AVERAGED_VARIANCE, PARTS };

// Work memory of the forward pass: the parts, scale and shift by micro-batch and channel, three sums by micro-batch, partial sums.
static __device__ long long count_of(const Filter& f) { return f.full + (f.rest > 0); }
static __device__ long long groups_of(const Filter& f) { return f.channels / f.group_size; }
static __device__ long long statistics_of(const Filter& f) { return count_of(f) * groups_of(f); }
static __device__ double* part_of(const Filter& f, int part) { return f.work + part * statistics_of(f); }
static __device__ real* scale_of(const Filter& f) { return (real*)(f.work + PARTS * statistics_of(f)); }
static __device__ real* shift_of(const Filter& f) { return (real*)(f.work + PARTS * statistics_of(f) + count_of(f) * f.channels); }
static __device__ double* sums_of(const Filter& f) { return f.work + PARTS * statistics_of(f) + 2 * count_of(f) * f.channels; }
static __device__ double* partial_of(const Filter& f) { return sums_of(f) + 3 * count_of(f); }

// Work memory of the backward pass: by micro-batch and channel, by statistic, partial sums.
static __device__ double* bias_of(const Gradient& d) { return d.work; }
static __device__ double* weight_of(const Gradient& d) { return d.work + count_of(d.forward) * d.forward.channels; }
static __device__ double* of_statistic(const Gradient& d, int part)
{
    return d.work + 2 * count_of(d.forward) * d.forward.channels + part * statistics_of(d.forward);
}
static __device__ double* partial_of(const Gradient& d) { return of_statistic(d, 4); }

static __device__ long long samples_of(const Filter& f, long long micro_batch) { return micro_batch < f.full ? f.size : f.rest; }

// Sample j * full + s belongs to micro-batch s; what is left over belongs to the last.
static __device__ long long sample_of(const Filter& f, long long micro_batch, long long row)
{
    return micro_batch < f.full ? row * f.full + micro_batch : f.full * f.size + row;
}

static __device__ long long micro_batch_of(const Filter& f, unsigned sample)
{
    return sample < f.full * f.size ? sample % (unsigned)f.full : f.full;
}

static __device__ real activate(real z, long long activation)
{
    switch (activation)
    {
        case 1: return z < 0 ? 0 : z;
        case 2: return z < 0 ? 0 : z > 6 ? 6 : z;
        case 3: return z <= -3 ? z * 0 : z >= 3 ? z : z * (z + 3) / 6;
        case 4: return z / (1 + exp(-z));
        case 5: return z * (real)0.5 * (1 + erf(z * (real)0.70710678118654752));
        default: return z;
    }
}

static __device__ real slope(real z, long long activation)
{
    switch (activation)
    {
        // Not a number passes, as in the loops of a CPU.
        case 1: return z <= 0 ? 0 : 1;
        case 2: return z <= 0 || z >= 6 ? 0 : 1;
        case 3: return z <= -3 ? 0 : z < 3 ? z / 3 + (real)0.5 : 1;
        case 4:
        {
            real s = 1 / (1 + exp(-z));
            return s * (1 + z * (1 - s));
        }
        case 5: return (real)0.5 * (1 + erf(z * (real)0.70710678118654752)) + z * (real)0.39894228040143268 * exp(-z * z / 2);
        default: return 1;
    }
}

// How many values a thread adds in the type of weights before it goes on in double.
enum { AT_ONCE = 128 };

// Takes in values whose differences from the first one were added.
static __device__ void add_values(
    double* count, double* mean, double* square, unsigned seen, double first, double sum, double sum_of_squares)
{
    if (seen == 0)
        return;
    double shifted = sum / seen, squares = sum_of_squares - shifted * sum;
    merge(count, mean, square, seen, first + shifted, squares < 0 ? 0 : squares);
}

// Mean and sum of squared deviations of every statistic, or of a part of its values. Grid: statistics by parts.
extern "C" __global__ void observe(Filter f)
{
    __shared__ double counts[THREADS], means[THREADS], squares[THREADS];
    int lanes = (int)f.lanes, lane = threadIdx.x % lanes;
    long long s = (long long)blockIdx.x * (THREADS / lanes) + threadIdx.x / lanes;
    double count = 0, mean = 0, square = 0;
    if (s < statistics_of(f))
    {
        long long groups = groups_of(f), micro_batch = s / groups;
        unsigned length = (unsigned)(f.group_size * f.positions), together = (unsigned)f.together;
        unsigned total = (unsigned)samples_of(f, micro_batch) * length;
        unsigned part = (total + (unsigned)f.splits - 1) / (unsigned)f.splits;
        part = (part + together - 1) / together * together;
        unsigned end = (blockIdx.y + 1) * part < total ? (blockIdx.y + 1) * part : total;
        long long in_sample = (s - micro_batch * groups) * length, sample = f.channels * f.positions;
        real first = 0, sum = 0, sum_of_squares = 0, values[4];
        unsigned seen = 0;
        for (unsigned i = blockIdx.y * part + lane * together; i < end; i += lanes * together)
        {
            unsigned row = i / length;
            load(f.x + sample_of(f, micro_batch, row) * sample + in_sample + (i - row * length), together, values);
            if (seen == 0)
                first = values[0];
            for (unsigned k = 0; k < together; k++)
            {
                real difference = values[k] - first;
                sum += difference;
                sum_of_squares += difference * difference;
            }
            seen += together;
            if (seen >= AT_ONCE)
            {
                add_values(&count, &mean, &square, seen, first, sum, sum_of_squares);
                seen = 0;
                sum = sum_of_squares = 0;
            }
        }
        add_values(&count, &mean, &square, seen, first, sum, sum_of_squares);
    }

    counts[threadIdx.x] = count;
    means[threadIdx.x] = mean;
    squares[threadIdx.x] = square;
    __syncthreads();
    for (int half = lanes / 2; half > 0; half /= 2)
    {
        if (lane < half)
            merge(&counts[threadIdx.x], &means[threadIdx.x], &squares[threadIdx.x],
                counts[threadIdx.x + half], means[threadIdx.x + half], squares[threadIdx.x + half]);
        __syncthreads();
    }
    if (lane == 0 && s < statistics_of(f))
    {
        double* partial = partial_of(f) + (s * f.splits + blockIdx.y) * 3;
        partial[0] = counts[threadIdx.x];
        partial[1] = means[threadIdx.x];
        partial[2] = squares[threadIdx.x];
    }
}

static __device__ double prior_variance_of(const Filter& f, long long at)
{
    double held = f.prior_variance[at];
    return f.prior_form == MOMENTS ? held : held * held * (f.prior_spread ? *f.prior_spread : f.prior_factor);
}

// The prior of a micro-batch's statistics: of each group, or of its channels. The whole block calls it.
static __device__ void take_prior(const Filter& f, long long micro_batch)
{
    long long groups = groups_of(f), size = f.prior_channels / groups;
    long long row = f.prior_rows == 1 ? 0 : micro_batch * f.prior_channels;
    double* m0 = part_of(f, M0) + micro_batch * groups;
    double* v0 = part_of(f, V0) + micro_batch * groups;
    // Many channels of few groups are read by all threads together.
    int by_block = size > 32;
    for (long long g = by_block ? 0 : threadIdx.x; g < groups; g += by_block ? 1 : THREADS)
    {
        long long first = row + g * size, begin = by_block ? threadIdx.x : 0, step = by_block ? THREADS : 1;
        double mean = 0, variance = 0, spread = 0;
        for (long long i = begin; i < size; i += step)
        {
            mean += f.prior_mean[first + i];
            variance += prior_variance_of(f, first + i);
        }
        if (by_block)
        {
            mean = sum_of_block(mean);
            variance = sum_of_block(variance);
        }
        mean /= size;
        for (long long i = begin; size > 1 && i < size; i += step)
        {
            double difference = f.prior_mean[first + i] - mean;
            spread += difference * difference;
        }
        if (by_block)
            spread = sum_of_block(spread);
        if (!by_block || threadIdx.x == 0)
        {
            m0[g] = mean;
            v0[g] = (variance + spread) / size;
        }
    }
    __syncthreads();
}

static __device__ void average(const Filter& f, real* average, const double* statistics)
{
    long long groups = groups_of(f), count = count_of(f);
    for (long long g = threadIdx.x; g < groups; g += THREADS)
    {
        double sum = 0;
        for (long long i = g; i < count * groups; i += groups)
            sum += *(const volatile double*)(statistics + i);
        double old = average[g];
        average[g] = saturate(old + f.momentum * (sum / count - old));
    }
}

// The filter. Grid: micro-batches; the last one that ends updates what all of them share.
extern "C" __global__ void filter_statistics(Filter f)
{
    __shared__ int is_last;
    long long micro_batch = blockIdx.x, groups = groups_of(f), from = micro_batch * groups;
    int is_rest = micro_batch >= f.full;
    double* mu = part_of(f, MU) + from;
    double* variance = part_of(f, VARIANCE) + from;
    double* m0 = part_of(f, M0) + from;
    double* v0 = part_of(f, V0) + from;
    double values = (double)samples_of(f, micro_batch) * f.group_size * f.positions;
    for (long long g = threadIdx.x; g < groups; g += THREADS)
    {
        const double* partial = partial_of(f) + (from + g) * f.splits * 3;
        double count = partial[0], mean = partial[1], square = partial[2];
        for (long long i = 1; i < f.splits; i++)
            merge(&count, &mean, &square, partial[3 * i], partial[3 * i + 1], partial[3 * i + 2]);
        mu[g] = mean;
        variance[g] = square / values;
    }
    __syncthreads();

    int trusted = 0;
    if (f.prior_form != NO_PRIOR)
    {
        take_prior(f, micro_batch);
        double share = 0, told = 0, bad = 0;
        for (long long g = threadIdx.x; g < groups; g += THREADS)
        {
            if (!is_finite(m0[g]) || !is_finite(v0[g]))
                bad++;
            else if (variance[g] > f.no_variance * mu[g] * mu[g])
            {
                share += variance[g] / (v0[g] + variance[g]);
                told++;
            }
        }
        bad = sum_of_block(bad);
        share = sum_of_block(share);
        told = sum_of_block(told);
        trusted = bad == 0 && share >= f.least_share[is_rest] * told;
    }

    double spread = 0, bad = 0, bad_average = 0;
    for (long long g = threadIdx.x; g < groups; g += THREADS)
    {
        long long s = from + g;
        double d = 0, e = 0, qm = 1, qv = 1;
        if (trusted)
        {
            d = mu[g] - m0[g];
            e = variance[g] - v0[g];
            long long gain = (f.gain_rows == 1 ? 0 : micro_batch * f.gain_columns) + (f.gain_columns == 1 ? 0 : g);
            qm = f.gain_mean ? f.gain_mean[gain] : f.mean_gain[is_rest];
            qv = f.gain_variance ? f.gain_variance[gain] : f.variance_gain[is_rest];
        }
        double m = mu[g] - (1 - qm) * d;
        double v = variance[g] - (1 - qv) * e + qv * (1 - qv) * d * d;
        double bessel = variance[g] / (values > 2 ? values - 1 : 1);
        int of_prior = f.averaged == PRIOR && f.prior_form != NO_PRIOR;
        double averaged_mean = f.averaged == OBSERVED ? mu[g] : of_prior ? m0[g] : m;
        double averaged_variance = f.averaged == OBSERVED ? variance[g] + bessel + d * d : of_prior ? v0[g] : v + qv * bessel;
        double root = 1 / sqrt(v + f.eps);
        part_of(f, M)[s] = m;
        part_of(f, D)[s] = d;
        part_of(f, E)[s] = e;
        part_of(f, QM)[s] = qm;
        part_of(f, QV)[s] = qv;
        part_of(f, ROOT)[s] = root;
        part_of(f, AVERAGED_MEAN)[s] = averaged_mean;
        part_of(f, AVERAGED_VARIANCE)[s] = averaged_variance;
        if (f.m)
        {
            f.m[s] = saturate(m);
            f.v[s] = saturate(v);
        }
        spread += values * (variance[g] + (mu[g] - m) * (mu[g] - m)) * root * root;
        bad += !is_finite(mu[g]) || !is_finite(variance[g]);
        bad_average += !is_finite(averaged_mean) || !is_finite(averaged_variance);
    }
    spread = sum_of_block(spread);
    bad = sum_of_block(bad);
    bad_average = sum_of_block(bad_average);
    for (long long c = threadIdx.x; c < f.channels; c += THREADS)
    {
        long long s = from + c / f.group_size, at = micro_batch * f.channels + c;
        double scale = f.weight[c] * part_of(f, ROOT)[s];
        scale_of(f)[at] = (real)scale;
        shift_of(f)[at] = (real)(f.bias[c] - part_of(f, M)[s] * scale);
    }

    if (threadIdx.x == 0)
    {
        double* sums = sums_of(f) + 3 * micro_batch;
        sums[0] = spread;
        sums[1] = bad;
        sums[2] = bad_average;
    }
    if (!ends_last(&is_last))
        return;
    double total = 0;
    spread = bad = bad_average = 0;
    for (long long i = threadIdx.x; i < count_of(f); i += THREADS)
    {
        const volatile double* sums = sums_of(f) + 3 * i;
        spread += sums[0];
        bad += sums[1];
        bad_average += sums[2];
        total += (double)samples_of(f, i) * f.channels * f.positions;
    }
    spread = sum_of_block(spread);
    bad = sum_of_block(bad);
    bad_average = sum_of_block(bad_average);
    total = sum_of_block(total);
    if (f.running_mean && bad + bad_average == 0)
    {
        average(f, f.running_mean, part_of(f, AVERAGED_MEAN));
        average(f, f.running_variance, part_of(f, AVERAGED_VARIANCE));
    }
    if (threadIdx.x == 0)
    {
        if (f.spread)
            *f.spread = spread / total;
        if (f.running_mean && bad + bad_average == 0)
            ++*f.running_count;
        if (f.found && bad > 0)
            *f.found = 1;
    }
}

// The output. Grid: any, over the elements.
extern "C" __global__ void write_output(Filter f)
{
    unsigned together = (unsigned)f.together_in_row, positions = (unsigned)f.positions, channels = (unsigned)f.channels;
    unsigned total = (unsigned)((f.full * f.size + f.rest) * f.channels * f.positions / together);
    const real* scales = scale_of(f);
    const real* shifts = shift_of(f);
    real x[4], added[4];
    for (unsigned i = blockIdx.x * THREADS + threadIdx.x; i < total; i += gridDim.x * THREADS)
    {
        unsigned at = i * together, row = at / positions, sample = row / channels;
        long long of = micro_batch_of(f, sample) * channels + (row - sample * channels);
        real scale = scales[of], shift = shifts[of];
        load(f.x + at, together, x);
        if (f.addend)
            load(f.addend + at, together, added);
        for (unsigned k = 0; k < together; k++)
            x[k] = activate(f.addend ? x[k] * scale + shift + added[k] : x[k] * scale + shift, f.activation);
        store(f.y + at, together, x);
    }
}

// The gradient of the value before the epilogue.
static __device__ real before(const Gradient& d, real gradient, real x, real scale, real shift, real output)
{
    const Filter& f = d.forward;
    if (f.activation == 0)
        return gradient;
    return gradient * slope(d.output ? output : x * scale + shift, f.activation);
}

// The sums of the gradient, and of it times the deviation, of every micro-batch's channel, or a part of them. Grid: these by parts.
extern "C" __global__ void gradient_sums(Gradient d)
{
    __shared__ double biases[THREADS], weights[THREADS];
    const Filter& f = d.forward;
    int lanes = (int)d.lanes, lane = threadIdx.x % lanes;
    long long q = (long long)blockIdx.x * (THREADS / lanes) + threadIdx.x / lanes, all = count_of(f) * f.channels;
    double bias = 0, weight = 0;
    if (q < all)
    {
        long long micro_batch = q / f.channels, channel = q - micro_batch * f.channels;
        unsigned positions = (unsigned)f.positions, together = (unsigned)f.together_in_row;
        unsigned total = (unsigned)samples_of(f, micro_batch) * positions;
        unsigned part = (total + (unsigned)d.splits - 1) / (unsigned)d.splits;
        part = (part + together - 1) / together * together;
        unsigned end = (blockIdx.y + 1) * part < total ? (blockIdx.y + 1) * part : total;
        real m = (real)part_of(f, M)[micro_batch * groups_of(f) + channel / f.group_size];
        real scale = scale_of(f)[q], shift = shift_of(f)[q], x[4], g[4], y[4], some_bias = 0, some_weight = 0;
        unsigned seen = 0;
        for (unsigned i = blockIdx.y * part + lane * together; i < end; i += lanes * together)
        {
            unsigned row = i / positions;
            long long at = (sample_of(f, micro_batch, row) * f.channels + channel) * f.positions + (i - row * positions);
            load(f.x + at, together, x);
            load(d.gy + at, together, g);
            if (d.output)
                load(d.output + at, together, y);
            for (unsigned k = 0; k < together; k++)
            {
                g[k] = before(d, g[k], x[k], scale, shift, y[k]);
                some_bias += g[k];
                some_weight += g[k] * (x[k] - m);
            }
            if (d.before)
                store(d.before + at, together, g);
            if ((seen += together) >= AT_ONCE)
            {
                bias += some_bias;
                weight += some_weight;
                some_bias = some_weight = 0;
                seen = 0;
            }
        }
        bias += some_bias;
        weight += some_weight;
    }

    biases[threadIdx.x] = bias;
    weights[threadIdx.x] = weight;
    __syncthreads();
    for (int half = lanes / 2; half > 0; half /= 2)
    {
        if (lane < half)
        {
            biases[threadIdx.x] += biases[threadIdx.x + half];
            weights[threadIdx.x] += weights[threadIdx.x + half];
        }
        __syncthreads();
    }
    if (lane == 0 && q < all)
    {
        double* partial = partial_of(d) + (q * d.splits + blockIdx.y) * 2;
        partial[0] = biases[threadIdx.x];
        partial[1] = weights[threadIdx.x];
    }
}

// A channel's sums of all parts, the second times the root.
static __device__ void take_sums(const Gradient& d, long long q, long long s, double* bias, double* weight)
{
    const double* partial = partial_of(d) + q * d.splits * 2;
    *bias = *weight = 0;
    for (long long i = 0; i < d.splits; i++)
    {
        *bias += partial[2 * i];
        *weight += partial[2 * i + 1];
    }
    // The deviation was from a mean that was rounded.
    double m = part_of(d.forward, M)[s];
    *weight = (*weight + ((real)m - m) * *bias) * part_of(d.forward, ROOT)[s];
    bias_of(d)[q] = *bias;
    weight_of(d)[q] = *weight;
}

static __device__ void of_one_statistic(const Gradient& d, long long s, double bias, double weight)
{
    const Filter& f = d.forward;
    double root = part_of(f, ROOT)[s], difference = part_of(f, D)[s], e = part_of(f, E)[s];
    double qm = part_of(f, QM)[s], qv = part_of(f, QV)[s];
    double dm = (d.gm ? (double)d.gm[s] : 0) - root * bias;
    double dv = (d.gv ? (double)d.gv[s] : 0) - root * root * weight / 2;
    double cross = 2 * qv * (1 - qv) * difference * dv;
    double values = (double)samples_of(f, s / groups_of(f)) * f.group_size * f.positions;
    of_statistic(d, 0)[s] = 2 * qv * dv / values;
    of_statistic(d, 1)[s] = (qm * dm + cross) / values;
    of_statistic(d, 2)[s] = (1 - qm) * dm - cross;
    of_statistic(d, 3)[s] = (1 - qv) * dv;
    if (d.mean_gain)
    {
        d.mean_gain[s] = (real)(dm * difference);
        d.variance_gain[s] = (real)(dv * (e + (1 - 2 * qv) * difference * difference));
    }
}

static __device__ void of_prior(const Gradient& d)
{
    const Filter& f = d.forward;
    long long groups = groups_of(f), count = count_of(f), size = f.prior_channels / groups;
    for (long long i = threadIdx.x; i < f.prior_rows * f.prior_channels; i += THREADS)
    {
        long long row = i / f.prior_channels, s = row * groups + (i - row * f.prior_channels) / size;
        double mean = 0, variance = 0;
        for (long long k = s; k < (f.prior_rows == 1 ? count * groups : s + 1); k += groups)
        {
            mean += *(const volatile double*)(of_statistic(d, 2) + k);
            variance += *(const volatile double*)(of_statistic(d, 3) + k);
        }
        // Of a prior that was refused there is no gradient, and its numbers may not be finite.
        double difference = variance == 0 ? 0 : f.prior_mean[i] - part_of(f, M0)[s];
        double slope_of_held = variance == 0 ? 0 : f.prior_form == MOMENTS ? 1
            : 2 * (double)f.prior_variance[i] * (f.prior_spread ? *f.prior_spread : f.prior_factor);
        d.prior_mean[i] = (real)((mean + 2 * difference * variance) / size);
        d.prior_variance[i] = (real)(variance / size * slope_of_held);
    }
}

// The gradients of statistics. Grid: threads over the statistics where each is of one channel, else a block for each.
extern "C" __global__ void gradient_statistics(Gradient d)
{
    __shared__ int is_last;
    const Filter& f = d.forward;
    if (f.group_size == 1)
    {
        long long s = (long long)blockIdx.x * THREADS + threadIdx.x;
        if (s < statistics_of(f))
        {
            double bias, weight;
            take_sums(d, s, s, &bias, &weight);
            double w = f.weight[s % f.channels];
            of_one_statistic(d, s, w * bias, w * weight);
        }
    }
    else
    {
        long long s = blockIdx.x, groups = groups_of(f), micro_batch = s / groups, first = (s - micro_batch * groups) * f.group_size;
        double biases = 0, weights = 0;
        for (long long c = first + threadIdx.x; c < first + f.group_size; c += THREADS)
        {
            double bias, weight;
            take_sums(d, micro_batch * f.channels + c, s, &bias, &weight);
            biases += f.weight[c] * bias;
            weights += f.weight[c] * weight;
        }
        biases = sum_of_block(biases);
        weights = sum_of_block(weights);
        if (threadIdx.x == 0)
            of_one_statistic(d, s, biases, weights);
    }

    if (!ends_last(&is_last))
        return;
    for (long long c = threadIdx.x; c < f.channels; c += THREADS)
    {
        double bias = 0, weight = 0;
        for (long long q = c; q < count_of(f) * f.channels; q += f.channels)
        {
            bias += *(const volatile double*)(bias_of(d) + q);
            weight += *(const volatile double*)(weight_of(d) + q);
        }
        d.bias[c] = (real)bias;
        d.weight[c] = (real)weight;
    }
    if (f.prior_form != NO_PRIOR)
        of_prior(d);
}

// The gradient of the value. Grid: any, over the elements.
extern "C" __global__ void gradient_value(Gradient d)
{
    const Filter& f = d.forward;
    unsigned together = (unsigned)f.together_in_row, positions = (unsigned)f.positions, channels = (unsigned)f.channels;
    unsigned total = (unsigned)((f.full * f.size + f.rest) * f.channels * f.positions / together);
    const real* scales = scale_of(f);
    const real* shifts = shift_of(f);
    real x[4], g[4], y[4];
    for (unsigned i = blockIdx.x * THREADS + threadIdx.x; i < total; i += gridDim.x * THREADS)
    {
        unsigned at = i * together, row = at / positions, sample = row / channels, channel = row - sample * channels;
        long long micro_batch = micro_batch_of(f, sample), of = micro_batch * channels + channel;
        long long s = micro_batch * groups_of(f) + channel / (unsigned)f.group_size;
        real scale = scales[of], shift = shifts[of], mu = (real)part_of(f, MU)[s];
        real by_deviation = (real)of_statistic(d, 0)[s], constant = (real)of_statistic(d, 1)[s];
        load(f.x + at, together, x);
        load(d.gy + at, together, g);
        if (d.output)
            load(d.output + at, together, y);
        for (unsigned k = 0; k < together; k++)
            g[k] = scale * before(d, g[k], x[k], scale, shift, y[k]) + by_deviation * (x[k] - mu) + constant;
        store(d.dx + at, together, g);
    }
}
