using System;
using System.Threading.Tasks;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Loops that are divided among as many threads as torch uses.</summary>
internal static class ParallelLoop
{
    // Below this a second thread costs more than it saves.
    private const long ElementsWorthAThread = 1 << 16;

    /// <summary>Runs a loop over [0, count) in contiguous parts.</summary>
    /// <param name="count">Items.</param>
    /// <param name="elements">Elements that all items touch together.</param>
    /// <param name="body">Runs items from the first to before the second; it must not throw.</param>
    public static void Run(int count, long elements, Action<int, int> body)
    {
        var threads = elements < 2 * ElementsWorthAThread
            ? 1
            : (int)Math.Min(Math.Min(elements / ElementsWorthAThread, get_num_threads()), count);
        if (threads <= 1)
        {
            body(0, count);
            return;
        }

        void Part(int thread) =>
            body((int)((long)count * thread / threads), (int)((long)count * (thread + 1) / threads));

        if (!OpenMp.TryRun(threads, Part))
            Parallel.For(0, threads, Part);
    }
}
