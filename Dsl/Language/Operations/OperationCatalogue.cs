using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations.Contract;

namespace KnDsl.Language.Operations;

/// <summary>All operations of the language, one line each. A new one is a file in its family's folder and a line here.</summary>
internal static class OperationCatalogue
{
    public static readonly IReadOnlyList<Operation> All =
    [
        new Conv(2), new Conv(1), new Conv(3),
        new ConvTranspose(2), new ConvTranspose(1), new ConvTranspose(3),
        new Linear(), new Embedding(), new Learned(),
        // attention and cross_attention
        new Attention(false), new Attention(true), new WindowAttention(), new DotProductAttention(),
        // norm, layernorm, rmsnorm, grn and local_response_norm
        new Norm(), new LayerNorm(false), new LayerNorm(true), new GlobalResponseNorm(), new LocalResponseNorm(),
        .. Activations.All,
        new PRelu(), new Glu(), new Softmax(false), new Softmax(true),
        // maxpool, avgpool, adaptive_avgpool and adaptive_maxpool, in two dimensions, one and three.
        new Pool(true, 2), new Pool(true, 1), new Pool(true, 3),
        new Pool(false, 2), new Pool(false, 1), new Pool(false, 3),
        new AdaptivePool(false, 2), new AdaptivePool(false, 1), new AdaptivePool(false, 3),
        new AdaptivePool(true, 2), new AdaptivePool(true, 1), new AdaptivePool(true, 3),
        Reduction.Mean, Reduction.Sum, Reduction.Max,
        new Upsample(), new PixelShuffle(false), new PixelShuffle(true), new ChannelShuffle(),
        new Flatten(), new Reshape(), new Permute(), new Roll(), new Squeeze(), new Select(), new Slice(), new Split(),
        new Dropout(0), new Dropout(1), new Dropout(2),
        new StochasticDepth(), new LayerScale(),
        new Pad(),
        new Identity(),
        new Concat(), new MatMul(),
        Join.Add, Join.Subtract, Join.Multiply,
    ];

    /// <summary>Operators between a value and a number; the reference lists them with those between values.</summary>
    private static readonly IReadOnlyList<(string Symbol, bool IsNumberFirst, Operation Operation)> WithNumbers =
    [
        .. "+-*/".Select(symbol => (symbol.ToString(), false, (Operation)new WithNumber(symbol.ToString(), false))),
        .. "+-*".Select(symbol => (symbol.ToString(), true, (Operation)new WithNumber(symbol.ToString(), true))),
    ];

    private static readonly Dictionary<string, Operation> ByName = All.ToDictionary(operation => operation.Name);

    /// <summary>The operator between values, or null.</summary>
    public static Operation? FindOperator(string symbol) =>
        All.FirstOrDefault(operation => operation.IsOperator && operation.Name == symbol);

    /// <summary>The operator between a value and a number, or null.</summary>
    public static Operation? FindOperatorWithNumber(string symbol, bool isNumberFirst) =>
        WithNumbers.FirstOrDefault(entry => entry.Symbol == symbol && entry.IsNumberFirst == isNumberFirst).Operation;

    /// <summary>The parameter of those operators that holds the number.</summary>
    public static NumberParameter NumberOfOperator => WithNumber.Number;

    public static Operation? Find(string name) => ByName.TryGetValue(name, out var operation) ? operation : null;
}
