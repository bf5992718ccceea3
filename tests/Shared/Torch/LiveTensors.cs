using System;
using static TorchSharp.torch;

namespace KnDsl.Tests;

/// <summary>Tensors that are in use: those that only wait for the collector do not count.</summary>
internal static class LiveTensors
{
    /// <summary>How many more there are after a piece of work.</summary>
    public static long LeftBy(Action work)
    {
        // What the work has made is young yet; all that is older is collected only where that does not explain the number.
        var before = CountAfterYoung();
        work();
        if (CountAfterYoung() == before)
            return 0;
        before = Count();
        work();
        return Count() - before;
    }

    private static long CountAfterYoung()
    {
        GC.Collect(1);
        GC.WaitForPendingFinalizers();
        return Tensor.TotalCount;
    }

    public static long Count()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Tensor.TotalCount;
    }
}
