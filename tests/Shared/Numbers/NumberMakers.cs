using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;
using Microsoft.CodeAnalysis;

namespace KnDsl.Tests;

/// <summary>
/// The methods of TorchSharp that make a number for native code (a <c>Scalar</c>) and hold it by nothing while that code reads it, directly
/// or in a method of TorchSharp that they call. Found in the compiled methods.
/// </summary>
/// <remarks>
/// What a virtual call runs is not followed: of modules, the method that is written in them counts and not the base class's.
/// </remarks>
internal static class NumberMakers
{
    private static readonly Assembly TorchSharp = typeof(global::TorchSharp.torch).Assembly;

    /// <summary>The operation codes by their values; those of two bytes begin with 0xFE.</summary>
    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes).GetFields().Where(field => field.FieldType == typeof(OpCode))
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    private static readonly HashSet<int> Tokens = Find();

    /// <summary>Whether a call of a method makes such a number.</summary>
    public static bool Contain(IMethodSymbol? method) => method is not null && method.ContainingAssembly?.Name == "TorchSharp"
        && Tokens.Contains((method.ReducedFrom ?? method).OriginalDefinition.MetadataToken);

    private static HashSet<int> Find()
    {
        var callers = new Dictionary<int, List<int>>();
        foreach (var method in TorchSharp.GetTypes().SelectMany(type =>
            type.GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static
                | BindingFlags.DeclaredOnly).OfType<MethodBase>()))
        {
            foreach (var called in Calls(method))
                (callers.TryGetValue(called, out var known) ? known : callers[called] = []).Add(method.MetadataToken);
        }
        var found = new HashSet<int>();
        var open = new Stack<int>(TorchSharp.GetTypes().SelectMany(type => type.GetMethods()).Where(method =>
            method.DeclaringType!.Assembly == TorchSharp && (method.Name, method.DeclaringType.Name)
                is ("op_Implicit", "Scalar") or ("ToScalar", "ScalarExtensionMethods")).Select(method => method.MetadataToken));
        while (open.TryPop(out var token))
        {
            if (found.Add(token) && callers.TryGetValue(token, out var known))
                known.ForEach(open.Push);
        }
        return found;
    }

    /// <summary>Whether a method disposes its numbers when native code has read them, which holds them until then.</summary>
    private static bool Holds(MethodBody body) => body.LocalVariables.Any(local => local.LocalType.Name == "Scalar")
        && body.ExceptionHandlingClauses.Any(clause => clause.Flags == ExceptionHandlingClauseOptions.Finally);

    /// <summary>The tokens of the methods of TorchSharp that a method calls or takes a delegate of.</summary>
    private static IEnumerable<int> Calls(MethodBase method)
    {
        if (method.GetMethodBody() is not { } body || Holds(body) || body.GetILAsByteArray() is not { } code)
            yield break;
        for (var at = 0; at < code.Length;)
        {
            short value = code[at++];
            if (value == 0xFE)
                value = (short)(0xFE00 | code[at++]);
            var kind = Codes[value].OperandType;
            if (kind == OperandType.InlineMethod)
                yield return BitConverter.ToInt32(code, at);
            at += kind switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(code, at),
                _ => 4,
            };
        }
    }
}
