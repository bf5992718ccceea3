using System;
using System.Diagnostics;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KnDsl;

/// <summary>
/// Runs work on the threads of the OpenMP library that torch has loaded. They spin for some milliseconds after each of
/// torch's own loops, so that other threads would find the cores busy.
/// </summary>
internal static unsafe class OpenMp
{
    private static readonly (IntPtr Parallel, IntPtr ThreadNumber)? Library = Find();

    /// <summary>Runs work once for each thread, numbered from 0.</summary>
    /// <returns>Whether there was such a library; if not, nothing ran.</returns>
    public static bool TryRun(int threads, Action<int> work)
    {
        if (Library is not { } library)
            return false;

        var job = new Job(work, library.ThreadNumber);
        var handle = GCHandle.Alloc(job);
        try
        {
            // void GOMP_parallel(void (*fn)(void *), void *data, unsigned num_threads, unsigned flags)
            var parallel = (delegate* unmanaged[Cdecl]<delegate* unmanaged[Cdecl]<IntPtr, void>, IntPtr, uint, uint, void>)
                library.Parallel;
            parallel(&Work, GCHandle.ToIntPtr(handle), (uint)threads, 0);
        }
        finally
        {
            handle.Free();
        }

        // The library may give fewer threads than it was asked for; the rest is done here.
        for (var thread = job.Threads; thread < threads; thread++)
            work(thread);
        return true;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Work(IntPtr data) => ((Job)GCHandle.FromIntPtr(data).Target!).Run();

    private static (IntPtr, IntPtr)? Find()
    {
        using var process = Process.GetCurrentProcess();
        var module = process.Modules.Cast<ProcessModule>()
            .FirstOrDefault(module => module.ModuleName.StartsWith("libgomp", StringComparison.Ordinal));
        return module is not null && NativeLibrary.TryLoad(module.FileName, out var library) &&
            NativeLibrary.TryGetExport(library, "GOMP_parallel", out var parallel) &&
            NativeLibrary.TryGetExport(library, "omp_get_thread_num", out var number)
            ? (parallel, number)
            : null;
    }

    private sealed class Job(Action<int> work, IntPtr threadNumber)
    {
        private int _threads;

        /// <summary>How many threads came: the highest number and one.</summary>
        public int Threads => _threads;

        public void Run()
        {
            var number = ((delegate* unmanaged[Cdecl]<int>)threadNumber)();
            int seen;
            while ((seen = _threads) <= number)
            {
                if (System.Threading.Interlocked.CompareExchange(ref _threads, number + 1, seen) == seen)
                    break;
            }

            work(number);
        }
    }
}
