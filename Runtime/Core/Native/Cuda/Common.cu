// What all kernels share. VALUE says of what type values are (0: float, 1: double, 2: half, 3: bfloat16), REAL that of weights.

#ifndef THREADS
#define THREADS 256
#endif

typedef REAL real;
#if VALUE == 0
typedef float value;
#elif VALUE == 1
typedef double value;
#else
typedef unsigned short value;
#endif

static __device__ real read(const value* at)
{
#if VALUE == 2
    float number;
    asm("cvt.f32.f16 %0, %1;" : "=f"(number) : "h"(*at));
    return number;
#elif VALUE == 3
    return __uint_as_float((unsigned)*at << 16);
#else
    return (real)*at;
#endif
}

static __device__ value narrow(real number)
{
#if VALUE == 2
    value result;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(result) : "f"((float)number));
    return result;
#elif VALUE == 3
    unsigned bits = __float_as_uint((float)number);
    return number != number ? 0x7fff : (value)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
#else
    return (value)number;
#endif
}

// Four neighbours that lie on a multiple of their size, or one.
struct __align__(4 * sizeof(value) < 16 ? 4 * sizeof(value) : 16) Four
{
    value values[4];
};

static __device__ void load(const value* at, unsigned together, real* values)
{
    if (together == 1)
    {
        values[0] = read(at);
        return;
    }
    Four four = *(const Four*)at;
    for (int k = 0; k < 4; k++)
        values[k] = read(&four.values[k]);
}

static __device__ void store(value* at, unsigned together, const real* values)
{
    if (together == 1)
    {
        *at = narrow(values[0]);
        return;
    }
    Four four;
    for (int k = 0; k < 4; k++)
        four.values[k] = narrow(values[k]);
    *(Four*)at = four;
}

static __device__ int is_finite(double number) { return number - number == 0; }

// A number that is too large for a narrower type becomes its largest number, not infinity.
static __device__ real saturate(double number)
{
    const double largest = sizeof(real) == 4 ? 3.4028234663852886e38 : 1.7976931348623157e308;
    return (real)(number > largest ? largest : number < -largest ? -largest : number);
}

// Mean and squared deviations of two sets of values together (Chan et al. 1979).
static __device__ void merge(double* count, double* mean, double* square, double other_count, double other_mean, double other_square)
{
    double total = *count + other_count;
    if (other_count == 0)
        return;
    double difference = other_mean - *mean;
    *mean += difference * (other_count / total);
    *square += other_square + difference * difference * (*count * (other_count / total));
    *count = total;
}

// The sum over a block's threads, which all call it.
static __device__ double sum_of_block(double number)
{
    __shared__ double sums[THREADS];
    __syncthreads();
    sums[threadIdx.x] = number;
    __syncthreads();
    for (unsigned half = THREADS / 2; half > 0; half /= 2)
    {
        if (threadIdx.x < half)
            sums[threadIdx.x] += sums[threadIdx.x + half];
        __syncthreads();
    }
    return sums[0];
}

static __device__ unsigned ended = 0;

// Whether a block is the last of its grid to come here: what the others wrote is there then. Kernels of a device run one after another.
static __device__ int ends_last(int* shared)
{
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0)
    {
        *shared = atomicAdd(&ended, 1u) == gridDim.x - 1;
        if (*shared)
            ended = 0;
        __threadfence();
    }
    __syncthreads();
    return *shared;
}
