// What CUDA's headers declare of what the kernels use, for a compiler that knows the language and has no CUDA.
#define __device__ __attribute__((device))
#define __global__ __attribute__((global))
#define __shared__ __attribute__((shared))
#define __align__(bytes) __attribute__((aligned(bytes)))

struct Index
{
    unsigned x, y, z;
};

extern __device__ const Index threadIdx, blockIdx, blockDim, gridDim;
__device__ void __syncthreads();
__device__ void __threadfence();
__device__ unsigned atomicAdd(unsigned*, unsigned);
__device__ float __uint_as_float(unsigned);
__device__ unsigned __float_as_uint(float);

extern "C"
{
    __device__ double sqrt(double);
    __device__ double exp(double);
    __device__ double erf(double);
    __device__ double erfc(double);
}
