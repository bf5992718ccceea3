// Stands in for CUDA where kernels are compiled for a CPU: the threads of a block are threads of the system, blocks come one after another.
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

struct Index { unsigned x, y, z; };
static thread_local Index threadIdx;
static Index blockIdx, gridDim, blockDim;

class Barrier
{
    std::mutex _mutex;
    std::condition_variable _condition;
    int _waiting = 0;
    unsigned _generation = 0;

public:
    void wait()
    {
        std::unique_lock<std::mutex> lock(_mutex);
        unsigned generation = _generation;
        if (++_waiting == THREADS)
        {
            _waiting = 0;
            _generation++;
            _condition.notify_all();
            return;
        }
        _condition.wait(lock, [&] { return _generation != generation; });
    }
};

static Barrier barrier;

#define __device__
#define __global__
#define __shared__ static
#define __align__(bytes) alignas(bytes)
#define __syncthreads() barrier.wait()
#define __threadfence()

static unsigned atomicAdd(unsigned* at, unsigned number)
{
    unsigned before = *at;
    *at += number;
    return before;
}

template <typename T>
static void run(void (*kernel)(T), unsigned x, unsigned y, unsigned z, const void* parameters)
{
    gridDim = { x, y, z };
    blockDim = { THREADS, 1, 1 };
    std::vector<std::thread> threads;
    for (unsigned thread = 0; thread < THREADS; thread++)
    {
        threads.emplace_back([=]
        {
            threadIdx = { thread, 0, 0 };
            for (unsigned block = 0; block < x * y * z; block++)
            {
                if (thread == 0)
                    blockIdx = { block % x, block / x % y, block / x / y };
                barrier.wait();
                kernel(*(const T*)parameters);
                barrier.wait();
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
}

#define KERNEL(name, type) \
    extern "C" void run_##name(unsigned x, unsigned y, unsigned z, const void* parameters) { run<type>(name, x, y, z, parameters); }
