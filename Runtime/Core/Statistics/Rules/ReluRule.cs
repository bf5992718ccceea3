using System.Collections.Generic;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>ReLU: the moments of the rectified Gaussian, in closed form.</summary>
public sealed class ReluRule : ElementRule
{
    private static readonly Piece[] Pieces =
        [new(double.NegativeInfinity, 0, Slope: 0, Intercept: 0), new(0, double.PositiveInfinity, Slope: 1, Intercept: 0)];

    /// <summary>The moments of max(0, X).</summary>
    internal static Moments Rectify(Moments moments) => PiecewiseLinear.Pass(moments, Pieces);

    private protected override Tensor Apply(Tensor map) => map.relu();

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) => Rectify(moments);

    internal override AnalyticState Pass(AnalyticState state, IReadOnlyList<long> to) => new RectifiedState(state, to);

    /// <summary>
    /// The state after a ReLU. A convolution usually follows, and the step through both is one: so nothing is computed before
    /// somebody asks for the moments.
    /// </summary>
    private sealed class RectifiedState(AnalyticState source, IReadOnlyList<long> size) : AnalyticState(size)
    {
        public override long Channels => source.Channels;

        internal override Moments ToMoments() =>
            Rectified() is { } known && SumNode.Pass(known) is { } own ? own : Rectify(source.ToMoments());

        internal override MomentSource Source() => Rectified() ?? base.Source();

        private MomentSource? Rectified() => source.Source() is { Form.Rectified: false } known
            ? known with { Form = known.Form with { Rectified = true } }
            : null;

        public override ChannelState MoveToOuter(DisposeScope scope)
        {
            source.MoveToOuter(scope);
            return this;
        }
    }
}
