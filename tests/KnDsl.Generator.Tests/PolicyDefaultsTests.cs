using System;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using KnDsl.Generator.Naming;
using KnDsl.Language.Operations;
using KnDsl.Language.Operations.Contract;
using Xunit;

namespace KnDsl.Generator.Tests;

/// <summary>
/// The settings of policies are declared twice, in the language and in the runtime's factories. Both have the same settings
/// with the same defaults.
/// </summary>
public sealed class PolicyDefaultsTests
{
    public static TheoryData<string> Policies => [.. NormPolicies.All.Select(policy => policy.Name)];

    [Theory]
    [MemberData(nameof(Policies))]
    public void TheFactoryHasTheSettingsOfTheLanguage(string name)
    {
        var policy = NormPolicies.Find(name)!;
        Assert.Equal(policy.Parameters.Select(CSharpName).Order(), Factory(policy).GetParameters()
            .Select(parameter => parameter.Name!).Order());
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void EveryDefaultIsThatOfTheFactory(string name)
    {
        var policy = NormPolicies.Find(name)!;
        foreach (var setting in policy.Parameters)
        {
            var parameter = Factory(policy).GetParameters().Single(parameter => parameter.Name == CSharpName(setting));
            Assert.True(parameter.HasDefaultValue, $"{name}: {setting.Name} has no default in the runtime");
            Assert.Equal((setting.Name, Told(setting)), (setting.Name, Used(policy, setting, parameter.DefaultValue)));
        }
    }

    /// <summary>The gain of Kalman normalization follows the samples; its text names it at some of them.</summary>
    [Fact]
    public void TheTextOfTheDefaultGainHasItsNumbers()
    {
        var text = NormPolicies.Find("kalman")!.Parameters.OfType<GainParameter>().Single().DefaultText!;
        var gain = Gain.Default;
        Assert.Contains($"mean {Text(gain.Mean(2))}, variance 0.25 + 0.75 n^3 / (n^3 + 24^3), which is", text);
        Assert.Contains($"{Text(gain.Variance(2))} at 2, {Text(gain.Variance(8))} at 8 and {Text(gain.Variance(64))} at 64", text);
        Assert.Contains($"both {Text(gain.Mean(1))} at one sample", text);
        Assert.Equal(gain.Mean(1), gain.Variance(1));
        foreach (var n in new long[] { 2, 3, 8, 24, 64, 1000 })
            Assert.Equal(0.25 + 0.75 * Math.Pow(n, 3) / (Math.Pow(n, 3) + Math.Pow(24, 3)), gain.Variance(n), 1e-12);
    }

    /// <summary>That of instance Kalman normalization follows the values.</summary>
    [Fact]
    public void TheTextOfTheDefaultGainOfInstancesHasItsNumbers()
    {
        var text = NormPolicies.Find("instancekalman")!.Parameters.OfType<GainParameter>().Single().DefaultText!;
        var policy = NormPolicy.InstanceKalman();
        var (few, some, many) = (GainOf(policy, 2), GainOf(policy, 49), GainOf(policy, 14 * 14));
        Assert.Contains($"mean {Text(few.Mean(1))} and variance {Text(few.Variance(1))} for few", text);
        Assert.Contains($"{Text(some.Mean(1))} and {Text(some.Variance(1))} at 7x7, then 1", text);
        Assert.Equal(("1", "1"), (Text(many.Mean(1)), Text(many.Variance(1))));
    }

    private static string Text(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);

    private static Gain GainOf(NormPolicy policy, long values) =>
        (Gain)policy.GetType().GetMethod(nameof(GainOf))!.Invoke(policy, [values])!;

    private static MethodInfo Factory(NormPolicyDefinition policy) => typeof(NormPolicy).GetMethod(CSharpNames.PolicyFactory(policy.Name))!;

    private static string CSharpName(OperationParameter setting) =>
        Regex.Replace(setting.Name, "_(.)", match => match.Groups[1].Value.ToUpperInvariant());

    /// <summary>What the language says of a setting that is left out.</summary>
    private static object Told(OperationParameter setting) => setting switch
    {
        NumberParameter { Default: { } number } => number.Value!,
        IntegerParameter { Default: { } number } => number.Value!,
        FlagParameter { Default: { } flag } => flag.Value!,
        _ => setting.DefaultText!,
    };

    /// <summary>What the runtime does then, in the same form.</summary>
    private static object Used(NormPolicyDefinition policy, OperationParameter setting, object? value) => (setting, value) switch
    {
        (GainParameter, null) => GainOf(policy, setting),
        (IntegerParameter, null) => "the whole batch",
        (IntegerParameter, { } number) => Convert.ToInt64(number, CultureInfo.InvariantCulture),
        (WordParameter, { } member) => Enum.GetName(typeof(Transition), member)!.ToLowerInvariant(),
        (_, { } other) => other,
        _ => "nothing",
    };

    private static string GainOf(NormPolicyDefinition policy, OperationParameter setting)
    {
        var arguments = Factory(policy).GetParameters().Select(parameter => parameter.DefaultValue).ToArray();
        var made = Factory(policy).Invoke(null, arguments)!;
        // The numbers of those that follow a count are compared by tests of their own.
        if (policy.Name is "kalman" or "instancekalman")
            return setting.DefaultText!;
        var gain = GainOf((NormPolicy)made, 100);
        return string.Create(CultureInfo.InvariantCulture, $"mean {gain.Mean(1)}, variance {gain.Variance(1)}");
    }
}
