using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Language.Operations;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Writing;

/// <summary>Prints what operations compute, and how their modules are made, as C#: the one place that turns that data into code.</summary>
internal sealed class OperationPrinter(CSharpPrinter values, TypeNames types)
{
    /// <summary>The values and the module of one use of an operation, under their names in C#.</summary>
    private sealed record Use(string Module, IReadOnlyList<string> Inputs)
    {
        /// <summary>The numbers that a function gets beside its value; null where it is no function.</summary>
        public List<string>? Numbers { get; init; }
    }

    /// <summary>What no value goes into.</summary>
    private static readonly Use NoInputs = new("", []);

    // ---- the forward pass ----------------------------------------------------------------------------------------

    /// <summary>An expression for the output.</summary>
    /// <param name="module">The operation's module, or empty.</param>
    /// <param name="inputs">The values that it takes.</param>
    public string Compute(Computation computation, string module, IReadOnlyList<string> inputs) =>
        Print(computation, new Use(module, inputs));

    /// <summary>An expression for the state of the output.</summary>
    /// <param name="states">The states of the inputs, each of which may be null; a learned tensor has the tensor in its place.</param>
    /// <param name="output">The output, whose sizes are known by then.</param>
    public string Moments(MomentStep step, string module, IReadOnlyList<string> states, string output)
    {
        return step switch
        {
            PassStep pass => $"{states[pass.Input]}?.Pass({Rule(pass.Rule, pass.Arguments)}, {output})",
            JoinStep join => $"{types.ChannelState}.Join({Rule(join.Rule, join.Arguments)}, {output}, {string.Join(", ", states)})",
            _ => throw new InvalidOperationException(),
        };

        string Rule(string name, IReadOnlyList<NamedOperand> arguments) =>
            $"new {types.Runtime(name + "Rule")}({Print(arguments, name, new Use(module, states))})";
    }

    /// <summary>
    /// A call of a module. It may give a handle of an input back, as a module of the user's does that does nothing, or any with a hook
    /// that says so; values that are freed one by one need handles of their own.
    /// </summary>
    public string Call(string module, IReadOnlyList<string> inputs) =>
        Owned($"{module}.call({string.Join(", ", inputs)})", inputs);

    /// <summary>
    /// A check that a module of the user's gives the shape that its declaration says: later stages were checked by that.
    /// </summary>
    /// <param name="output">What it gave.</param>
    /// <param name="sizes">The sizes; null for those that only the output tells.</param>
    public string ShapeCheck(ExternOperation declared, string output, IEnumerable<Size?> sizes) =>
        $"{types.Sizes}.RequireOutputOf({CSharpText.Quote(declared.Name)}, {output}, {CSharpText.Quote(declared.DeclaredOutput)}, "
            + $"[{string.Join(", ", sizes.Select(size => size is null ? "-1" : values.Of(size)))}]);";

    /// <summary>What comes after a norm in the same call.</summary>
    /// <param name="activation">The activation's operation; null for none.</param>
    /// <param name="addend">The value that is added before it; null for none.</param>
    /// <param name="recompute">The field that says whether the result may be computed again; null where it may not.</param>
    public string Epilogue(Operation? activation, string? addend, string? recompute)
    {
        var name = activation is null ? "None" : CSharpNames.Pascal(activation.Name);
        return $"new {types.Epilogue}({types.Activation}.{name}{(addend is null ? "" : $", {addend}")}"
            + $"{(recompute is null ? "" : $", Recomputes: {recompute}.Activations")})";
    }

    /// <summary>A value under a handle that is none of others.</summary>
    public string Owned(string value, IEnumerable<string> others) => Owned(types, value, others);

    /// <summary>A value under a handle that is none of others.</summary>
    public static string Owned(TypeNames types, string value, IEnumerable<string> others)
    {
        var distinct = others.Distinct().ToArray();
        return $"{types.Handles}.Own({value}, {(distinct.Length == 1 ? distinct[0] : $"[{string.Join(", ", distinct)}]")})";
    }

    private string Print(Operand operand, Use use) => operand switch
    {
        InputOperand input => use.Inputs[input.Index],
        ModuleOperand => use.Module,
        SizeOperand size => values.Of(size.Size),
        SizesOperand sizes => values.Of(sizes.Sizes),
        GivenListOperand given => $"[.. {values.Of(given.List)}]",
        SpatialOperand spatial =>
            spatial.IsCompact ? values.Of(spatial.Sizes[0]) : $"({string.Join(", ", spatial.Sizes.Select(values.Of))})",
        NumberOperand { Number.Value: null } number when use.Numbers is not null => NumberOfFunction(number, use.Numbers),
        NumberOperand number => values.Of(number.Number),
        FlagOperand flag => values.Of(flag.Condition),
        WordOperand word => $"{EnumOf(word.Set)}.{CSharpNames.Pascal(word.Word)}",
        PolicyOperand policy => values.Of(policy.Policy),
        DimensionOperand dimension => $"{use.Inputs[dimension.Input]}.shape[{dimension.Axis}]",
        SpatialSizesOperand sizes => $"{use.Inputs[sizes.Input]}.shape[2..]",
        TrainingOperand => "training",
        WhileTrainingOperand number => $"training ? {values.Of(number.Number)} : 0",
        ListOperand list => $"[{string.Join(", ", list.Items.Select(item => Print(item, use)))}]",
        FunctionOperand function => Print(function),
        ModuleCall call => Call(use.Module, [.. call.Inputs.Select(input => Print(input, use))]),
        FunctionCall call => $"{Name(call.Function)}({Print(call.Arguments, call.Function, use)})",
        MethodCall call => $"{Print(call.Receiver, use)}.{call.Method}({Print(call.Arguments, call.Method, use)})",
        OperatorCall call => Print(call, use),
        _ => throw new InvalidOperationException($"{operand.GetType().Name} has no C#."),
    };

    /// <summary>
    /// A function of one value, which may run later: it gets the numbers that it needs as they are now, and they come after it.
    /// </summary>
    private string Print(FunctionOperand function)
    {
        var numbers = new List<string>();
        var body = Print(function.Body, new Use("", ["value"]) { Numbers = numbers });
        return numbers.Count == 0 ? $"value => {body}" : $"(value, numbers) => {body}, {string.Join(", ", numbers)}";
    }

    private string NumberOfFunction(NumberOperand number, List<string> numbers)
    {
        numbers.Add(values.Of(number.Number));
        return $"numbers[{numbers.Count - 1}]";
    }

    /// <summary>An operator that gives native code a number is a function of the runtime's, which holds it. A sum gives it a 1.</summary>
    private string Print(OperatorCall call, Use use)
    {
        var function = (call.Operator, call.Left, call.Right) switch
        {
            ("+", _, _) => "add",
            ("*", NumberOperand, _) or ("*", _, NumberOperand) => "mul",
            ("-", _, NumberOperand) => "sub",
            ("-", NumberOperand, _) => "rsub",
            _ => null,
        };
        var (first, second) = call.Left is NumberOperand ? (call.Right, call.Left) : (call.Left, call.Right);
        return function is null
            ? $"{Print(first, use)} {call.Operator} {Print(second, use)}"
            : $"{types.Runtime("Operations")}.{function}({Print(first, use)}, {Print(second, use)})";
    }

    /// <summary>A function of torch's, or one of the runtime's.</summary>
    private string Name(string function)
    {
        var path = TorchSharpNames.Function(function).Split(['.'], 2);
        return $"{path[0] switch { "torch" => types.Torch, "nn" => types.Nn, var own => types.Runtime(own) }}.{path[1]}";
    }

    private string Print(IEnumerable<NamedOperand> arguments, string callee, Use use) =>
        string.Join(", ", arguments.Select(argument => Print(argument, callee, use)));

    private string Print(NamedOperand argument, string callee, Use use) =>
        argument.Name is { } name
            ? $"{CSharpNames.Identifier(TorchSharpNames.Argument(callee, name))}: {Print(argument.Value, use)}"
            : Print(argument.Value, use);

    private string EnumOf(WordSet set) => types.TorchSharp(set switch
    {
        WordSet.Padding => "Padding",
        WordSet.PaddingMode => "PaddingModes",
        _ => "torch.InterpolationMode",
    });

    // ---- the constructor -----------------------------------------------------------------------------------------

    /// <summary>An expression that makes an operation's module.</summary>
    public string Construct(Construction construction) => construction switch
    {
        ModuleConstruction { Type.Library: ModuleLibrary.Torch } module =>
            $"{types.Nn}.{module.Type.Name}({Print(module.Arguments, module.Type.Name, NoInputs)}, device: device, dtype: dtype)",
        ModuleConstruction { Type.Library: ModuleLibrary.Extern } module =>
            $"{types.Operations}.place(new {types.Of(module.Type)}({Print(module.Arguments, "", NoInputs)}), device, dtype)",
        ModuleConstruction module => $"new {types.Of(module.Type)}({Print(module.Arguments, "", NoInputs)}, device, dtype)",
        NormConstruction norm => $"{values.Of(norm.Policy)}{Settings(norm)}.Create({values.Of(norm.Channels)}, device, dtype)",
        TensorConstruction tensor =>
            $"{types.Operations}.learned({values.Of(tensor.Sizes)}, {values.Of(tensor.Mean)}, "
                + $"{values.Of(tensor.Deviation)}, device, dtype)",
        _ => throw new InvalidOperationException(),
    };

    private string Settings(NormConstruction norm) => norm.Settings.Count == 0 ? "" : $".With({Print(norm.Settings, "", NoInputs)})";
}
