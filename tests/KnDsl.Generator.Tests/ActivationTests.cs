using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>Every activation of the catalogue against its formula, for its defaults and for other arguments.</summary>
public sealed class ActivationTests : TorchTest
{
    private static readonly Dictionary<string, (string Arguments, Func<double, double> Formula)[]> Formulas = new()
    {
        ["relu"] = [("", x => Math.Max(0, x))],
        ["relu6"] = [("", x => Math.Clamp(x, 0, 6))],
        ["leaky_relu"] = [("", x => x > 0 ? x : 0.01 * x), ("(0.3)", x => x > 0 ? x : 0.3 * x)],
        ["elu"] = [("", x => x > 0 ? x : Math.Exp(x) - 1), ("(0.4)", x => x > 0 ? x : 0.4 * (Math.Exp(x) - 1))],
        ["celu"] = [("", x => x > 0 ? x : Math.Exp(x) - 1), ("(0.4)", x => x > 0 ? x : 0.4 * (Math.Exp(x / 0.4) - 1))],
        ["selu"] = [("", x => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (Math.Exp(x) - 1)))],
        ["gelu"] = [("", x => x * Below(x))],
        ["silu"] = [("", x => x * Sigmoid(x))],
        ["mish"] = [("", x => x * Math.Tanh(Math.Log(1 + Math.Exp(x))))],
        ["sigmoid"] = [("", Sigmoid)],
        ["tanh"] = [("", Math.Tanh)],
        ["hardtanh"] = [("", x => Math.Clamp(x, -1, 1)), ("(-0.5, 2)", x => Math.Clamp(x, -0.5, 2))],
        ["hardsigmoid"] = [("", x => Math.Clamp(x / 6 + 0.5, 0, 1))],
        ["hardswish"] = [("", x => x * Math.Clamp(x / 6 + 0.5, 0, 1))],
        ["softplus"] = [("", x => Math.Log(1 + Math.Exp(x))), ("(3, 2)", x => 3 * x > 2 ? x : Math.Log(1 + Math.Exp(3 * x)) / 3)],
        ["softsign"] = [("", x => x / (1 + Math.Abs(x)))],
        ["softshrink"] = [("", x => Math.Sign(x) * Math.Max(0, Math.Abs(x) - 0.5)),
            ("(1.2)", x => Math.Sign(x) * Math.Max(0, Math.Abs(x) - 1.2))],
        ["hardshrink"] = [("", x => Math.Abs(x) > 0.5 ? x : 0), ("(1.2)", x => Math.Abs(x) > 1.2 ? x : 0)],
        ["tanhshrink"] = [("", x => x - Math.Tanh(x))],
        ["logsigmoid"] = [("", x => Math.Log(Sigmoid(x)))],
        ["threshold"] = [("", x => x > 0 ? x : 0), ("(0.7, -2)", x => x > 0.7 ? x : -2)],
    };

    public static TheoryData<string> Activations => [.. OperationCatalogue.All.OfType<Elementwise>().Select(layer => layer.Name)];

    [Theory]
    [MemberData(nameof(Activations))]
    public void IsItsFormula(string name)
    {
        Assert.True(Formulas.ContainsKey(name), $"Add the formula of {name} to {nameof(Formulas)}.");
        foreach (var (arguments, formula) in Formulas[name])
        {
            var @case = GeneratedCase.Inline($$"""
                network Probe
                {
                    input x[N, 3]
                    y = x -> {{name}}{{arguments}}
                    output y[N, 3]
                }
                """);
            using var network = @case.Create("Probe");
            var x = randn([200, 3], float64) * 4;
            var before = x.clone();
            var y = GeneratedCase.Run(network, x).Single();
            var expected = tensor(before.data<double>().Select(formula).ToArray()).view(200, 3);
            Close(expected, y, 1e-7, $"{name}{arguments}");
            Close(before, x, 0, $"the input of {name}{arguments}");
        }
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>The normal distribution's cumulative, by Simpson's rule.</summary>
    private static double Below(double x)
    {
        const int steps = 2000;
        var (from, sum) = (Math.Min(-12, x - 1), 0.0);
        var step = (x - from) / steps;
        for (var i = 0; i <= steps; i++)
        {
            var z = from + i * step;
            sum += (i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2) * Math.Exp(-z * z / 2);
        }

        return sum * step / 3 / Math.Sqrt(2 * Math.PI);
    }
}
