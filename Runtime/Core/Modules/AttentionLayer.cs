using System;
using System.Diagnostics.CodeAnalysis;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Attention of several heads with learned projections (Vaswani et al. 2017, "Attention is all you need"), its parameters named
/// and initialized as those of torch.nn.MultiheadAttention; the batch comes first.
/// </summary>
public sealed class AttentionLayer : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly long _heads;
    private readonly double _dropout;

    /// <summary>Makes the projections.</summary>
    /// <param name="features">Features of a token, C.</param>
    /// <param name="heads">Heads; they divide the features.</param>
    /// <param name="dropout">The probability that a weight of the attention is left out while training.</param>
    /// <param name="bias">Whether the projections have biases.</param>
    /// <param name="device">Where its parameters are made.</param>
    /// <param name="dtype">Their type.</param>
    /// <exception cref="ArgumentException">The heads do not divide the features.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are no features, or the probability is outside [0, 1).</exception>
    [DynamicDependency(Components.Reflected, typeof(AttentionLayer))]
    public AttentionLayer(long features, long heads, double dropout = 0, bool bias = true, Device? device = null, ScalarType? dtype = null)
        : base(nameof(AttentionLayer))
    {
        Setting.AtLeastOne(features);
        if (heads < 1 || features % heads != 0)
            throw new ArgumentException($"{heads} heads do not divide {features} features.", nameof(heads));
        (_heads, _dropout) = (heads, Setting.ShareBelowOne(dropout));
        in_proj_weight = Operations.learned([3 * features, features], 0, 0, device, dtype);
        nn.init.xavier_uniform_(in_proj_weight);
        in_proj_bias = bias ? Operations.learned([3 * features], 0, 0, device, dtype) : null;
        out_proj = nn.Linear(features, features, bias, device, dtype);
        if (bias)
            nn.init.zeros_(out_proj.bias);
        register_parameter(nameof(in_proj_weight), in_proj_weight);
        if (in_proj_bias is not null)
            register_parameter(nameof(in_proj_bias), in_proj_bias);
        register_module(nameof(out_proj), out_proj);
    }

    /// <summary>The projections to queries, keys and values, [3 C, C].</summary>
    public readonly Parameter in_proj_weight;

    /// <summary>Their biases, [3 C].</summary>
    public readonly Parameter? in_proj_bias;

    /// <summary>The projection of all heads together, [C, C].</summary>
    public readonly Linear out_proj;

    /// <inheritdoc/>
    /// <param name="query">[N, L, C]: the tokens that attend.</param>
    /// <param name="memory">[N, S, C]: the tokens attended to; the query itself for self-attention.</param>
    /// <returns>[N, L, C].</returns>
    public override Tensor forward(Tensor query, Tensor memory)
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = ReferenceEquals(query, memory) ? Projected(query) : Projected(query, memory);
        var mixed = nn.functional.scaled_dot_product_attention(Headed(q), Headed(k), Headed(v), p: training ? _dropout : 0);
        var joined = mixed.transpose(1, 2).flatten(2);
        var output = Handles.Own(out_proj.call(joined), joined);
        foreach (var value in (Tensor[])[q, k, v, mixed, joined])
            scope.Free(value);
        return scope.MoveToOuter(output);
    }

    /// <summary>One product for all three.</summary>
    private (Tensor, Tensor, Tensor) Projected(Tensor tokens)
    {
        var parts = nn.functional.linear(tokens, in_proj_weight, in_proj_bias).chunk(3, -1);
        return (parts[0], parts[1], parts[2]);
    }

    private (Tensor, Tensor, Tensor) Projected(Tensor query, Tensor memory)
    {
        var features = query.shape[2];
        var q = nn.functional.linear(query, in_proj_weight.narrow(0, 0, features), in_proj_bias?.narrow(0, 0, features));
        var parts = nn.functional.linear(
            memory, in_proj_weight.narrow(0, features, 2 * features), in_proj_bias?.narrow(0, features, 2 * features)).chunk(2, -1);
        return (q, parts[0], parts[1]);
    }

    /// <summary>[N, L, C] as [N, heads, L, C / heads].</summary>
    private Tensor Headed(Tensor tokens) => tokens.unflatten(2, [_heads, tokens.shape[2] / _heads]).transpose(1, 2);
}
