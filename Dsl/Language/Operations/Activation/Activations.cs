using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;

namespace KnDsl.Language.Operations;

/// <summary>The activations of torch.nn that have no parameters of their own.</summary>
internal static class Activations
{
    public static readonly IReadOnlyList<Operation> All =
    [
        new Elementwise("relu", "max(0, x) (torch.nn.ReLU).", "nn.functional.relu({x})"),
        new Elementwise("relu6", "min(max(0, x), 6) (torch.nn.ReLU6).", "nn.functional.relu6({x})"),
        new Elementwise("leaky_relu", "x where positive, slope x elsewhere (torch.nn.LeakyReLU).", "nn.functional.leaky_relu({x}, {slope})",
            new OperationParameter("slope", ParameterKind.Number, "Slope where x is negative.", "0.01")),
        new Elementwise("elu", "x where positive, alpha (exp(x) - 1) elsewhere (torch.nn.ELU).", "nn.functional.elu({x}, {alpha})",
            new OperationParameter("alpha", ParameterKind.Number, "Where it tends to, below zero.", "1.0")),
        new Elementwise("celu", "max(0, x) + min(0, alpha (exp(x / alpha) - 1)) (torch.nn.CELU).", "nn.functional.celu({x}, {alpha})",
            new OperationParameter("alpha", ParameterKind.Number, "Where it tends to, below zero.", "1.0", Minimum: 0, IncludesMinimum: false)),
        new Elementwise("selu", "Scaled ELU of self-normalizing networks (torch.nn.SELU).", "nn.functional.selu({x})"),
        new Elementwise("gelu", "x times the normal distribution's cumulative (torch.nn.GELU).", "nn.functional.gelu({x})"),
        new Elementwise("silu", "x sigmoid(x), also called swish (torch.nn.SiLU).", "nn.functional.silu({x})"),
        new Elementwise("mish", "x tanh(softplus(x)) (torch.nn.Mish).", "nn.functional.mish({x})"),
        new Elementwise("sigmoid", "1 / (1 + exp(-x)) (torch.nn.Sigmoid).", "nn.functional.sigmoid({x})"),
        new Elementwise("tanh", "Hyperbolic tangent (torch.nn.Tanh).", "nn.functional.tanh({x})"),
        // TorchSharp 0.107 has a functional.hardtanh that hands its input on.
        new Elementwise("hardtanh", "x, limited to a range (torch.nn.Hardtanh).", "{x}.clamp({low}, {high})",
            new OperationParameter("low", ParameterKind.Number, "The least output.", "-1.0"),
            new OperationParameter("high", ParameterKind.Number, "The greatest output.", "1.0")),
        new Elementwise("hardsigmoid", "A piecewise linear sigmoid (torch.nn.Hardsigmoid).", "nn.functional.hardsigmoid({x})"),
        new Elementwise("hardswish", "x hardsigmoid(x) (torch.nn.Hardswish).", "nn.functional.hardswish({x})"),
        new Elementwise("softplus", "log(1 + exp(beta x)) / beta (torch.nn.Softplus).", "nn.functional.softplus({x}, {beta}, {threshold})",
            new OperationParameter("beta", ParameterKind.Number, "Sharpness.", "1.0", Minimum: 0, IncludesMinimum: false),
            new OperationParameter("threshold", ParameterKind.Number, "Linear above this value of beta x.", "20.0")),
        new Elementwise("softsign", "x / (1 + |x|) (torch.nn.Softsign).", "nn.functional.softsign({x})"),
        new Elementwise("softshrink", "x moved towards zero by lambda (torch.nn.Softshrink).", "nn.functional.softshrink({x}, {lambda})",
            new OperationParameter("lambda", ParameterKind.Number, "How far.", "0.5", Minimum: 0)),
        new Elementwise("hardshrink", "x, or 0 where |x| is at most lambda (torch.nn.Hardshrink).", "nn.functional.hardshrink({x}, {lambda})",
            new OperationParameter("lambda", ParameterKind.Number, "Where it starts.", "0.5", Minimum: 0)),
        new Elementwise("tanhshrink", "x - tanh(x) (torch.nn.Tanhshrink).", "nn.functional.tanhshrink({x})"),
        new Elementwise("logsigmoid", "log(sigmoid(x)) (torch.nn.LogSigmoid).", "nn.functional.logsigmoid({x})"),
        new Elementwise("threshold", "x where above a threshold, else a value (torch.nn.Threshold).", "nn.functional.threshold({x}, {threshold}, {value})",
            new OperationParameter("threshold", ParameterKind.Number, "What x must exceed.", "0.0"),
            new OperationParameter("value", ParameterKind.Number, "What stands elsewhere.", "0.0")),
    ];
}
