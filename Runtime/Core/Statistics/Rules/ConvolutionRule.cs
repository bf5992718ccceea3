using System;
using System.Collections.Generic;
using TorchSharp.Modules;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Convolution and transposed convolution. Where every tap of the kernel meets the input, the mean passes the sum of the
/// taps and the variance the sum of their squares. At a border, or between the positions of a transposed convolution, some
/// taps meet zeros: then each counts with the share of positions where it meets the input, and positions differ in their
/// means, which is variance too.
/// </summary>
/// <param name="convolution">The module that the value passes; <c>call</c> with a state gives output and state together.</param>
public sealed class ConvolutionRule(Convolution convolution) : MomentRule
{
    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        var taps = Taps().to(moments.Mean.dtype);
        var passed = SeenTaps.Find(from, convolution) is { } seen ? PassSome(moments, taps, seen) : PassAll(moments, taps);
        return convolution.bias is { } bias ? passed with { Mean = Sum(passed.Mean, bias) } : passed;
    }

    internal override AnalyticState Pass(AnalyticState state, IReadOnlyList<long> to)
    {
        Demand(state);
        var (weight, source) = (convolution.weight, state.Source());
        if (convolution is ConvolutionTranspose || !FusedStep.Supports(source, weight, convolution.bias))
            return base.Pass(state, to);

        var seen = SeenTaps.Find(state.Size, convolution);
        var (mean, variance) = FusedStep.Pass(source, weight, convolution.bias, convolution.groups, seen);
        return new(new(mean, variance), to);
    }

    internal override SampledState Pass(SampledState state, IReadOnlyList<long> to)
    {
        Demand(state);

        // A map of one position has no variance to take: it passes in closed form.
        if (Windows.Count(to) == 1)
            return base.Pass(state, to);
        return state.PassMap(convolution.forward, convolution.weight.dtype);
    }

    /// <summary>The convolution of a value, and its state; hooks are the caller's to run.</summary>
    /// <param name="input">[N, C, ...].</param>
    /// <param name="state">The state of the value.</param>
    /// <exception cref="ArgumentException">The state is of other channels or dimensions than the convolution takes.</exception>
    internal (Tensor Output, ChannelState State) Forward(Tensor input, ChannelState state)
    {
        // Where the value does not fit either, it is the mistake, and torch says so.
        if (!Fits(state))
            convolution.forward(input).Dispose();
        Demand(state);

        // The state comes first: in the backward pass the output's gradient of the weight is there first then, and the
        // state's is added to it without a copy.
        if (state is AnalyticState analytic && convolution.weight.requires_grad && PlainConvolution.Is(convolution)
            && analytic.Source() is var source && FusedStep.Supports(source, convolution.weight, convolution.bias))
        {
            var (mean, variance, weight) = FusedStep.PassAndShareWeight(
                source, convolution.weight, convolution.bias, convolution.groups, SeenTaps.Find(state.Size, convolution));
            var output = PlainConvolution.Forward(convolution, input, weight);
            return (output, new AnalyticState(new(mean, variance), output.shape[2..]));
        }

        var after = state.PassTo(this, [convolution.out_channels, .. ConvolutionSize.After(state.Size, convolution)]);
        return (convolution.forward(input), after);
    }

    /// <summary>Whether a state is one of the convolution's input.</summary>
    private bool Fits(ChannelState state)
    {
        var weight = convolution.weight;
        return state.Channels == Inputs(weight) && state.Size.Count == weight.dim() - 2;
    }

    private long Inputs(Tensor weight) =>
        convolution is ConvolutionTranspose ? weight.size(0) : weight.size(1) * convolution.groups;

    private void Demand(ChannelState state)
    {
        if (Fits(state))
            return;
        var weight = convolution.weight;
        throw new ArgumentException(
            $"{convolution.GetName()} takes {Inputs(weight)} channels with {weight.dim() - 2} dimensions of positions, and the state is of "
            + $"{state.Channels} channels with positions of [{string.Join(", ", state.Size)}].", nameof(state));
    }

    private Moments PassAll(Moments x, Tensor taps) =>
        new(Product(x.Mean, taps.sum([2L])), Product(x.Variance, Square(taps).sum([2L])));

    /// <summary>With A the mean that a tap alone passes: sum of share A; sum of share W^2 v + A' covariance A.</summary>
    private Moments PassSome(Moments x, Tensor taps, SeenTaps seen)
    {
        var (shares, covariance) = seen.On(taps.device);
        (shares, covariance) = (shares.to(taps.dtype), covariance.to(taps.dtype));
        var means = Product(x.Mean, taps.transpose(1, 2).flatten(0, 1)).view(x.Mean.size(0), -1, shares.numel());
        var within = Product(x.Variance, Square(taps).matmul(shares));
        return new(means.matmul(shares), Sum(within, (means.matmul(covariance) * means).sum([2L])));
    }

    /// <summary>The weight as [out, in / groups, taps].</summary>
    private Tensor Taps()
    {
        var (weight, groups) = (convolution.weight.flatten(2), convolution.groups);
        if (convolution is not ConvolutionTranspose)
            return weight;

        // [in, out / groups, taps]: the outputs of a group belong to the inputs of that group.
        return weight.view(groups, weight.size(0) / groups, weight.size(1), -1).transpose(1, 2).flatten(0, 1);
    }

    /// <summary>Moments, [rows, in], by a matrix of groups, [out, in / groups].</summary>
    private Tensor Product(Tensor x, Tensor matrix)
    {
        var groups = convolution.groups;
        if (groups == 1)
            return x.matmul(matrix.t());

        // [rows, groups, in / groups] by [groups, out / groups, in / groups].
        var inputs = x.reshape(x.size(0), groups, -1).transpose(0, 1);
        var weights = matrix.reshape(groups, -1, matrix.size(1)).transpose(1, 2);
        return inputs.matmul(weights).transpose(0, 1).reshape(x.size(0), -1);
    }
}
