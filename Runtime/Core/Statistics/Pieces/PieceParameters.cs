using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KnDsl;

/// <summary>What the kernels of Moments.cu are given: its structure <c>Pieces</c>, field by field.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PieceParameters
{
    /// <summary>The greatest number of pieces.</summary>
    public const int Most = 4;

    public long Length, Count;
    public nint Mean, Variance, OutMean, OutVariance, Slopes;
    public nint Gm, Gv, Dmean, Dvariance;
    public Numbers From, To, Slope, Intercept;

    public PieceParameters(Moments moments, ReadOnlySpan<Piece> pieces)
    {
        (Length, Count) = (moments.Mean.numel(), pieces.Length);
        (Mean, Variance) = (NativeTensor.Address(moments.Mean), NativeTensor.Address(moments.Variance));
        for (var i = 0; i < pieces.Length; i++)
            (From[i], To[i], Slope[i], Intercept[i]) = (pieces[i].From, pieces[i].To, pieces[i].Slope, pieces[i].Intercept);
    }

    [InlineArray(Most)]
    internal struct Numbers
    {
        private double _first;
    }
}
