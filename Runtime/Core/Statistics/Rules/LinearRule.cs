using System;
using System.Collections.Generic;
using System.Linq;
using TorchSharp.Modules;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Linear layer over the last dimension: the channels, where they are the last one, else positions of every channel. Over channels
/// the mean passes the weight, the variance the weight's squares.
/// </summary>
/// <param name="linear">The module that the value passes; <c>call</c> with a state gives output and state together.</param>
public sealed class LinearRule(Linear linear) : MomentRule
{
    /// <summary>Whether it goes over the channels although positions come after them: elsewhere, they were the last dimension.</summary>
    private bool IsOverChannels { get; init; }

    internal override (MomentRule Rule, int Dim)? WithChannelsSecond(int dim, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        dim == from.Count ? (new LinearRule(linear) { IsOverChannels = true }, dim) : (this, dim);

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        IsOverChannels || from.Count == 0 ? OverChannels(moments) : OverPositions(moments);

    internal override AnalyticState Pass(AnalyticState state, IReadOnlyList<long> to)
    {
        Demand(state);
        if (!IsOverChannels && state.Size.Count > 0)
            return base.Pass(state, to);
        var source = state.Source();
        if (!FusedStep.Supports(source, linear.weight, linear.bias))
            return base.Pass(state, to);

        var (mean, variance) = FusedStep.Pass(source, linear.weight, linear.bias, groups: 1, seen: null);
        return new(new(mean, variance), to);
    }

    /// <summary>The linear layer of a value, and the value's state after it; hooks are the caller's to run.</summary>
    /// <param name="input">[N, C], or [N, C, ..., L].</param>
    /// <param name="state">The state of the value.</param>
    /// <exception cref="ArgumentException">The state is of another last dimension than the layer takes.</exception>
    internal (Tensor Output, ChannelState State) Forward(Tensor input, ChannelState state)
    {
        // Where the value does not fit either, it is the mistake, and torch says so.
        if (!Fits(state))
            linear.forward(input).Dispose();
        Demand(state);

        // The state comes first, for the reason that ConvolutionRule gives.
        var after = state.PassTo(this, [.. state.Shape.SkipLast(1), linear.out_features]);
        return (linear.forward(input), after);
    }

    /// <summary>Whether a state is one of the layer's input.</summary>
    private bool Fits(ChannelState state) => Last(state) == linear.weight.size(1);

    private long Last(ChannelState state) => IsOverChannels || state.Size.Count == 0 ? state.Channels : state.Size[^1];

    private void Demand(ChannelState state)
    {
        if (Fits(state))
            return;
        throw new ArgumentException(
            $"{linear.GetName()} takes {linear.weight.size(1)} features, and the state has {Last(state)} of them: it is of "
            + $"{state.Channels} channels with positions of [{string.Join(", ", state.Size)}].", nameof(state));
    }

    private Moments OverChannels(Moments x)
    {
        var weight = linear.weight.to(x.Mean.dtype);
        var mean = x.Mean.matmul(weight.t());
        return new(linear.bias is { } bias ? Sum(mean, bias) : mean, x.Variance.matmul(Square(weight).t()));
    }

    /// <summary>
    /// The positions have their channel's moments. With the sums s of the weight's rows, those q of their squares, and averages
    /// over the outputs, which are positions: mean of (s m + b); mean of q times v, plus the variance of (s m + b), for positions
    /// differ in their means.
    /// </summary>
    private Moments OverPositions(Moments x)
    {
        var weight = linear.weight.to(x.Mean.dtype);
        var means = x.Mean.unsqueeze(2) * weight.sum([1]);
        if (linear.bias is { } bias)
            means = Sum(means, bias);
        var mean = means.mean([2], keepdim: true);
        return new(
            mean.squeeze(2), Sum(x.Variance * Square(weight).sum([1]).mean(), Square(means - mean).mean([2])));
    }
}
