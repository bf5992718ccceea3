using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Threading.Tasks;
using KnDsl.Generator.Analysis;
using KnDsl.Generator.Naming;
using KnDsl.Language.Operations;
using KnDsl.Language.Operations.Contract;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Xunit;

namespace KnDsl.Generator.Tests;

/// <summary>
/// A range is said once, in the language. At its bounds and just outside the build, the analyzer of C# calls, constructors and
/// policies decide alike.
/// </summary>
public sealed class RangeTests : TorchTest
{
    private const double Step = 1e-9;

    /// <summary>Numbers at the bounds of a range and beside them.</summary>
    private static IEnumerable<double> Probes(OperationParameter parameter)
    {
        var step = parameter.TakesFractions ? Step : 1;
        var bounds = new[] { parameter.Minimum, parameter.Maximum }.OfType<double>().ToArray();
        return bounds.SelectMany(bound => new[] { bound - step, bound, bound + step }).Distinct();
    }

    private static string Text(OperationParameter parameter, double value) => parameter.TakesFractions
        ? value.ToString("0.0#########", CultureInfo.InvariantCulture)
        : value.ToString(CultureInfo.InvariantCulture);

    // ---- policies ------------------------------------------------------------------------------------------------

    /// <summary>Settings of a policy, and whether they are allowed: each by itself, and those that go with another one.</summary>
    private static IEnumerable<(string Settings, bool Allowed)> SettingsOf(NormPolicyDefinition policy)
    {
        foreach (var setting in policy.Parameters)
        {
            foreach (var value in Probes(setting))
                yield return ($"{setting.Name}: {Text(setting, value)}", setting.Allows(value));
        }

        if (policy.Name != "renorm")
            yield break;
        yield return ("r_steps: 5000", true);
        yield return ("r_steps: 4999", false);
        yield return ("d_steps: 4999", false);
        yield return ("warm_up: 25000", true);
        yield return ("warm_up: 25001", false);
        yield return ("warm_up: 25001, d_steps: 25001", true);
        yield return ("warm_up: 7, r_steps: 6", false);
        yield return ("warm_up: 0, r_steps: 0, d_steps: 0", true);
    }

    public static TheoryData<string> Policies =>
        [.. NormPolicies.All.Where(policy => policy.Parameters.Any(setting => setting.HasRange)).Select(policy => policy.Name)];

    [Theory]
    [MemberData(nameof(Policies))]
    public void TheBuildHoldsEverySettingInItsRange(string name)
    {
        foreach (var (settings, allowed) in SettingsOf(NormPolicies.Find(name)!))
            Assert.Equal((settings, allowed), (settings, Codes(Block("", $"norm = {name}({settings})\n  y = x -> bn: norm")) is []));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task TheAnalyzerHoldsEverySettingInItsRange(string name)
    {
        var all = SettingsOf(NormPolicies.Find(name)!).ToArray();
        var calls = all.Select(entry => $"        _ = {Call(name, entry.Settings)};");
        var source = $"internal static class Program\n{{\n    public static void Make()\n    {{\n{string.Join("\n", calls)}\n    }}\n}}\n";
        var compilation = Host.Compilation(source, "global using KnDsl;");
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        var options = new AnalyzerOptions([], new ProjectProperties("Project", Host.ProjectDirectory));
        ImmutableArray<DiagnosticAnalyzer> analyzers = [new ConstructorCallAnalyzer()];
        var found = await compilation.WithAnalyzers(analyzers, options).GetAnalyzerDiagnosticsAsync();
        Assert.All(found, diagnostic => Assert.Equal("KN0107", diagnostic.Id));
        var lines = found.Select(diagnostic => diagnostic.Location.GetLineSpan().StartLinePosition.Line).ToHashSet();
        for (var i = 0; i < all.Length; i++)
            Assert.Equal(all[i], (all[i].Settings, !lines.Contains(4 + i)));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void ThePolicyHoldsEverySettingInItsRange(string name)
    {
        foreach (var (settings, allowed) in SettingsOf(NormPolicies.Find(name)!))
            Assert.Equal((settings, allowed), (settings, Refusal(name, settings) is null));

        foreach (var setting in NormPolicies.Find(name)!.Parameters.Where(setting => setting is { TakesFractions: true, HasRange: true }))
        {
            Assert.All([double.NaN, double.PositiveInfinity, double.NegativeInfinity], value =>
            {
                Assert.False(setting.Allows(value));
                Assert.IsType<ArgumentOutOfRangeException>(Refusal(name, $"{setting.Name}: {Text(setting, value)}"));
            });
        }
    }

    /// <summary>A setting that is a parameter of the network is held in the same range by its constructor.</summary>
    [Theory]
    [MemberData(nameof(Policies))]
    public void AConstructorHoldsEverySettingInItsRange(string name)
    {
        foreach (var setting in NormPolicies.Find(name)!.Parameters.Where(setting => Probes(setting).Any()))
        {
            var @case = GeneratedCase.Inline(Block(
                Declared(setting), $"norm = {name}({setting.Name}: v)\n  y = x -> bn: norm"));
            Assert.Empty(@case.Diagnostics);
            HoldsInRange(@case, setting, $"{name}({setting.Name})");
        }
    }

    /// <summary>What a policy says of settings, or null where it takes them.</summary>
    private static Exception? Refusal(string name, string settings)
    {
        var factory = typeof(NormPolicy).GetMethod(CSharpNames.PolicyFactory(name))!;
        var given = settings.Split(", ").Select(setting => setting.Split(": "))
            .ToDictionary(setting => setting[0].Replace("_", ""), setting => setting[1], StringComparer.OrdinalIgnoreCase);
        var exception = Record.Exception(() => factory.Invoke(null, [.. factory.GetParameters()
            .Select(parameter => given.TryGetValue(parameter.Name!, out var text)
                ? Argument(parameter.ParameterType, double.Parse(text, CultureInfo.InvariantCulture))
                : parameter.DefaultValue)]));
        return exception is TargetInvocationException { InnerException: var inner } ? inner : exception;
    }

    private static object Argument(Type type, double value) =>
        type == typeof(Gain) ? new Gain(value)
        : Convert.ChangeType(value, Nullable.GetUnderlyingType(type) ?? type, CultureInfo.InvariantCulture);

    private static string Call(string name, string settings) => $"NormPolicy.{CSharpNames.PolicyFactory(name)}("
        + string.Join(", ", settings.Split(", ").Select(setting => setting.Split('_') is [var first, var second]
            ? first + char.ToUpperInvariant(second[0]) + second[1..]
            : setting)) + ")";

    // ---- operations ----------------------------------------------------------------------------------------------

    /// <summary>An input after the batch, and the arguments that an operation takes beside the one tried.</summary>
    private sealed record Stage(string Sizes, params string[] Arguments)
    {
        /// <summary>The statement, with the operation's name and its arguments.</summary>
        public string Form { get; init; } = "y = x -> {0}({1})";
    }

    /// <summary>A stage to try for each operation with a range.</summary>
    private static readonly Dictionary<string, Stage> Stages = new()
    {
        ["conv"] = new("4, 8, 8", "channels: 4", "kernel: 3"),
        ["conv1d"] = new("4, 8", "channels: 4", "kernel: 3"),
        ["conv3d"] = new("4, 8, 8, 8", "channels: 4", "kernel: 3"),
        ["conv_transpose"] = new("4, 8, 8", "channels: 4", "kernel: 3", "stride: 3", "dilation: 3"),
        ["conv_transpose1d"] = new("4, 8", "channels: 4", "kernel: 3", "stride: 3", "dilation: 3"),
        ["conv_transpose3d"] = new("4, 8, 8, 8", "channels: 4", "kernel: 3", "stride: 3", "dilation: 3"),
        ["linear"] = new("4", "features: 3"),
        ["embedding"] = new("4", "count: 3", "features: 3"),
        ["maxpool"] = new("4, 8, 8", "kernel: 3"),
        ["maxpool1d"] = new("4, 8", "kernel: 3"),
        ["maxpool3d"] = new("4, 8, 8, 8", "kernel: 3"),
        ["avgpool"] = new("4, 8, 8", "kernel: 3"),
        ["avgpool1d"] = new("4, 8", "kernel: 3"),
        ["avgpool3d"] = new("4, 8, 8, 8", "kernel: 3"),
        ["adaptive_avgpool"] = new("4, 8, 8"),
        ["adaptive_avgpool1d"] = new("4, 8"),
        ["adaptive_avgpool3d"] = new("4, 8, 8, 8"),
        ["adaptive_maxpool"] = new("4, 8, 8"),
        ["adaptive_maxpool1d"] = new("4, 8"),
        ["adaptive_maxpool3d"] = new("4, 8, 8, 8"),
        ["upsample"] = new("4, 8, 8"),
        ["pixel_shuffle"] = new("4, 8, 8"),
        ["pixel_unshuffle"] = new("4, 8, 8"),
        ["channel_shuffle"] = new("4, 8, 8"),
        ["dropout"] = new("4, 8, 8"),
        ["dropout1d"] = new("4, 8"),
        ["dropout2d"] = new("4, 8, 8"),
        ["stochastic_depth"] = new("4, 8, 8"),
        ["attention"] = new("8, 4", "heads: 2"),
        ["cross_attention"] = new("8, 4", "heads: 2") { Form = "y = {0}(x, x, {1})" },
        ["scaled_dot_product_attention"] = new("8, 4") { Form = "y = {0}(x, x, x, {1})" },
        ["learned"] = new("4", "sizes: [4]") { Form = "t = t: {0}({1})\n  y = x + t" },
        ["window_attention"] = new("8, 8, 4", "heads: 2", "window: 4"),
        ["norm"] = new("4, 8, 8"),
        ["layernorm"] = new("4"),
        ["rmsnorm"] = new("4"),
        ["grn"] = new("4, 8, 8", "axis: 1"),
        ["local_response_norm"] = new("4, 8, 8"),
        ["pad"] = new("4, 8, 8"),
        ["slice"] = new("4, 8, 8", "start: 0", "end: 4"),
        ["split"] = new("4, 8, 8"),
        ["reshape"] = new("4, 8, 8"),
        ["elu"] = new("4"),
        ["celu"] = new("4"),
        ["softplus"] = new("4"),
        ["softshrink"] = new("4"),
        ["hardshrink"] = new("4"),
    };

    /// <summary>Arguments that must be constants of the file, so that no constructor can be given them.</summary>
    private static readonly string[] Constants = ["split.parts"];

    public static TheoryData<string> Ranged => [.. OperationCatalogue.All
        .Where(operation => operation.Parameters.Any(parameter => Probes(parameter).Any())).Select(operation => operation.Name)];

    [Theory]
    [MemberData(nameof(Ranged))]
    public void BuildAndConstructorHoldEveryArgumentInItsRange(string operation)
    {
        Assert.True(Stages.TryGetValue(operation, out var stage), $"Add a stage to try for '{operation}'.");
        foreach (var parameter in OperationCatalogue.Find(operation)!.Parameters.Where(parameter => Probes(parameter).Any()))
        {
            var others = stage.Arguments.Where(argument => !argument.StartsWith(parameter.Name, StringComparison.Ordinal)).ToArray();
            string Source(string header, string value) => Block(header, string.Format(CultureInfo.InvariantCulture, stage.Form, operation,
                string.Join(", ", [.. others, parameter.IsVariadic ? value : $"{parameter.Name}: {value}"])), stage.Sizes);
            Assert.All(Probes(parameter), value => Assert.Equal((parameter.Name, value, parameter.Allows(value)),
                (parameter.Name, value, !Codes(Source("", Text(parameter, value))).Contains("KN0107"))));
            if (Constants.Contains($"{operation}.{parameter.Name}"))
                continue;
            var @case = GeneratedCase.Inline(Source(Declared(parameter), "v"));
            Assert.True(@case.Diagnostics is [], $"{operation}.{parameter.Name}: {string.Join("\n", @case.Diagnostics)}");
            HoldsInRange(@case, parameter, $"{operation}({parameter.Name})");
        }
    }

    // ---- both ----------------------------------------------------------------------------------------------------

    /// <summary>A block, since its outputs need no declared sizes.</summary>
    private static string Block(string header, string body, string sizes = "32, 8, 8") =>
        $"block Try(x[N, {sizes}]{(header.Length > 0 ? ", " : "")}{header})\n{{\n  {body}\n  return y\n}}\n";

    private static string Declared(OperationParameter parameter) => parameter.TakesFractions ? "v: float = 0.5" : "v: int = 2";

    private static string[] Codes(string source) =>
        [.. GeneratedCase.Inline(source).Model.Diagnostics.Where(finding => finding.Severity == Language.Diagnostics.Severity.Error)
            .Select(finding => finding.Code)];

    private static void HoldsInRange(GeneratedCase @case, OperationParameter parameter, string what)
    {
        foreach (var value in Probes(parameter).Concat(parameter.TakesFractions ? [double.NaN] : []))
        {
            var given = parameter.TakesFractions ? (object)value : (int)value;
            var exception = Record.Exception(() => @case.Create("Try", ("v", given)).Dispose());
            // What is in its range may still not fit the other numbers.
            var isRefused = exception?.Message.Contains("): KN0107: ", StringComparison.Ordinal) == true;
            Assert.Equal((what, value, parameter.Allows(value)), (what, value, !isRefused));
            if (!isRefused)
                continue;
            Assert.Contains($"'{parameter.Name}'", exception!.Message);
            Assert.Matches("(, which| With these arguments it) is ", exception!.Message);
        }
    }
}
