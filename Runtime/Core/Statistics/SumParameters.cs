using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KnDsl;

/// <summary>What the kernels of Sum.cu are given: its structure <c>Sum</c>, field by field.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SumParameters
{
    public long Rows, Channels, Count;
    public double Sign;
    public nint OutMean, OutVariance, Slopes;
    public nint Gm, Gv;
    public Summands Of;

    /// <param name="values">Where the values' moments are read from, or their gradients are written to.</param>
    public SumParameters(MomentSource[] values)
    {
        Count = values.Length;
        for (var i = 0; i < values.Length; i++)
            Of[i] = new(values[i]);
    }

    /// <summary>A value.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Summand
    {
        public long Rows;
        public nint Mean, Variance;
        public long Scaled, Rectified;
        public nint Spread;
        public double Factor;

        public Summand(MomentSource source)
        {
            (Rows, Mean, Variance) = (source.Rows, NativeTensor.Address(source.Mean), NativeTensor.Address(source.Variance));
            (Scaled, Rectified) = (source.Form.IsScale ? 1 : 0, source.Form.Rectified ? 1 : 0);
            (Spread, Factor) = (NativeTensor.Address(source.Form.SpreadOnDevice), source.Form.Spread ?? 0);
        }
    }

    [InlineArray(SumNode.Most)]
    internal struct Summands
    {
        private Summand _first;
    }
}
