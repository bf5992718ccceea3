using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;

namespace KnDsl.Language.Operations;

/// <summary>The activations of torch.nn that have no parameters of their own.</summary>
internal static class Activations
{
    private static readonly NumberParameter Low = new("low", "The least output.", "-1.0");

    public static readonly IReadOnlyList<Operation> All =
    [
        new Elementwise("relu", "max(0, x) (torch.nn.ReLU).")
            { Rule = ElementwiseRule.Relu, FusesWithNorm = true, KeepsWholeNumbers = true },
        new Elementwise("relu6", "min(max(0, x), 6) (torch.nn.ReLU6).") { Rule = ElementwiseRule.ClampTo(0, 6), FusesWithNorm = true },
        new Elementwise("leaky_relu", "x where positive, slope x elsewhere (torch.nn.LeakyReLU).",
            new NumberParameter("slope", "Slope where x is negative.", "0.01")) { Rule = ElementwiseRule.LeakyRelu },
        new Elementwise("elu", "x where positive, alpha (exp(x) - 1) elsewhere (torch.nn.ELU).",
            new NumberParameter("alpha", "Minus the limit far below zero.", "1.0")),
        new Elementwise("celu", "max(0, x) + min(0, alpha (exp(x / alpha) - 1)) (torch.nn.CELU).",
            new NumberParameter("alpha", "Minus the limit far below zero.", "1.0") { Minimum = 0, ExcludesMinimum = true }),
        new Elementwise("selu", "Scaled ELU of self-normalizing networks (torch.nn.SELU)."),
        new Elementwise("gelu", "x times the cumulative normal distribution of x (torch.nn.GELU).") { FusesWithNorm = true },
        new Elementwise("silu", "x sigmoid(x), also called swish (torch.nn.SiLU).") { FusesWithNorm = true },
        new Elementwise("mish", "x tanh(softplus(x)) (torch.nn.Mish)."),
        new Elementwise("sigmoid", "1 / (1 + exp(-x)) (torch.nn.Sigmoid)."),
        new Elementwise("tanh", "Hyperbolic tangent (torch.nn.Tanh)."),
        new Elementwise("hardtanh", "x, limited to a range (torch.nn.Hardtanh).",
            Low, new NumberParameter("high", "The greatest output.", "1.0") { AtLeast = Low }) { Rule = ElementwiseRule.Clamp },
        new Elementwise("hardsigmoid", "A piecewise linear sigmoid (torch.nn.Hardsigmoid).") { Rule = ElementwiseRule.Hardsigmoid },
        new Elementwise("hardswish", "x hardsigmoid(x) (torch.nn.Hardswish).") { FusesWithNorm = true },
        new Elementwise("softplus", "log(1 + exp(beta x)) / beta (torch.nn.Softplus).",
            new NumberParameter("beta", "Sharpness.", "1.0") { Minimum = 0, ExcludesMinimum = true },
            new NumberParameter("threshold", "Linear above this value of beta x.", "20.0")),
        new Elementwise("softsign", "x / (1 + |x|) (torch.nn.Softsign)."),
        new Elementwise("softshrink", "x moved towards zero by lambda (torch.nn.Softshrink).",
            new NumberParameter("lambda", "The distance.", "0.5") { Minimum = 0 }) { Rule = ElementwiseRule.Softshrink },
        new Elementwise("hardshrink", "x, or 0 where |x| is at most lambda (torch.nn.Hardshrink).",
            new NumberParameter("lambda", "The bound.", "0.5") { Minimum = 0 }) { Rule = ElementwiseRule.Hardshrink },
        new Elementwise("tanhshrink", "x - tanh(x) (torch.nn.Tanhshrink)."),
        new Elementwise("logsigmoid", "log(sigmoid(x)) (torch.nn.LogSigmoid)."),
        new Elementwise("threshold", "x where above a threshold, else a value (torch.nn.Threshold).",
            new NumberParameter("threshold", "The number that x must exceed.", "0.0"),
            new NumberParameter("value", "The output elsewhere.", "0.0")) { Rule = ElementwiseRule.Threshold },
    ];
}
