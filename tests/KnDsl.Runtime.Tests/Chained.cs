using System;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>A value with its state: operations and their rules are applied to both.</summary>
internal sealed record Chained(Tensor Value, ChannelState State)
{
    public static Chained Join(JoinRule rule, Func<Tensor[], Tensor> operation, params Chained[] parts)
    {
        var output = operation([.. parts.Select(part => part.Value)]);
        return new(output, ChannelState.Join(rule, output, [.. parts.Select(part => part.State)])!);
    }

    public static Chained operator +(Chained left, Chained right) => Join(new SumRule(), x => x[0] + x[1], left, right);

    public static Chained operator -(Chained left, Chained right) => Join(new DifferenceRule(), x => x[0] - x[1], left, right);

    public static Chained operator *(Chained left, Chained right) => Join(new ProductRule(), x => x[0] * x[1], left, right);

    public Chained Pass(MomentRule rule, Func<Tensor, Tensor> operation)
    {
        var output = operation(Value);
        return new(output, State.Pass(rule, output));
    }

    public Chained Relu() => Pass(new ReluRule(), x => x.relu());

    public Chained Permute(params long[] dims) => Pass(new PermuteRule(dims), x => x.permute(dims));

    public Chained Slice(long dim, long start, long end) => Pass(new SliceRule(dim, start, end), x => x.slice(dim, start, end, 1));
}
