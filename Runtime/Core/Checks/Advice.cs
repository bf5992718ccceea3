using System;
using System.Threading;

namespace KnDsl;

/// <summary>What a user should know who trains in a way that works, but not well: said once in a process, on standard error.</summary>
internal static class Advice
{
    private static int _saidOfOneSample;

    /// <summary>Statistics of one sample over the batch's running averages, with the default gain.</summary>
    public static void OfOneSample()
    {
        if (Interlocked.Exchange(ref _saidOfOneSample, 1) == 0)
        {
            Console.Error.WriteLine(
                "KnDsl: kalman trains with statistics of one sample, which its running averages do not resemble in inference. "
                + "instancekalman() (NormPolicy.InstanceKalman()) is made for one sample. If this is meant, name the gain: "
                + "kalman(microbatch: 1, gain: 0.25).");
        }
    }
}
