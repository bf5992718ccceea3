using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations.Contract;

/// <summary>One use of an operation: its inputs, its checked arguments, and where to report what does not fit.</summary>
internal sealed class OperationCall
{
    private readonly Arguments _arguments;
    private readonly Action<Diagnostic> _report;
    private HashSet<string>? _counted;

    public OperationCall(
        Operation operation, IReadOnlyList<TensorValue> inputs, Arguments arguments,
        Place place, bool beforeNorm, Action<Diagnostic> report, Func<Size, Size, Func<Diagnostic>, bool> require)
    {
        Operation = operation;
        Inputs = inputs;
        _arguments = arguments;
        Place = place;
        IsBeforeNorm = beforeNorm;
        _report = report;
        Require = require;
    }

    public Operation Operation { get; }

    public IReadOnlyList<TensorValue> Inputs { get; }

    /// <summary>The inputs whose states the output's depends on: neither a value that only lends its size nor a learned tensor.</summary>
    public IReadOnlyList<TensorValue> StateInputs => Operation.InputCount == 1 && Inputs.Count > 1 ? [Inputs[0]]
        : Inputs.Any(input => input.IsLearned) ? [.. Inputs.Where(input => !input.IsLearned)]
        : Inputs;

    /// <summary>Whether the output is a learned tensor, or numbers that are computed of such ones alone: it has no batch.</summary>
    public bool IsLearned => Operation is Learned || Operation is Elementwise or WithNumber or Join && Inputs.All(input => input.IsLearned);

    /// <summary>The shape of the first input.</summary>
    public Shape Input => Inputs[0].Shape;

    /// <summary>The stage as it stands in the file, its label left out.</summary>
    public Place Place { get; }

    /// <summary>Whether the stage right after this one is a norm.</summary>
    public bool IsBeforeNorm { get; }

    /// <summary>The shape that the operation gives, once it is known.</summary>
    public Shape? Output { get; set; }

    /// <summary>
    /// Demands that two sizes are equal. Returns false, with the error reported, where they are not or where it cannot be
    /// decided at any time; what a constructor call decides is checked there.
    /// </summary>
    public Func<Size, Size, Func<Diagnostic>, bool> Require { get; }

    /// <summary>Whether an error was reported: what the shape rule still gives is not to be trusted then.</summary>
    public bool HasFailed { get; private set; }

    public void Report(Diagnostic diagnostic)
    {
        HasFailed |= diagnostic.Severity == Severity.Error;
        _report(diagnostic);
    }

    public bool Has(string name) => _arguments.Find(name) is not null;

    public Value? Argument(string name) => _arguments.Find(name)?.Value;

    public Place PlaceOf(string name) => _arguments.Find(name)?.Place ?? Place;

    public Size Integer(string name, Size? otherwise = null) => (Argument(name) as SizeValue)?.Size ?? otherwise ?? Size.One;

    /// <summary>One number for each spatial dimension; a list with another number of items is reported while the shape is inferred.</summary>
    public IReadOnlyList<Size> Spatial(string name, int dimensions, Size otherwise)
    {
        var argument = Argument(name);
        if (argument is ListValue or ListParameterValue && Output is null && (_counted ??= []).Add(name))
            RequireCount(name, argument, dimensions);
        return argument switch
        {
            SizeValue one => Window.Repeat(one.Size, dimensions),
            ListValue list when list.Items.Count == dimensions => list.Items.Select(item => ((SizeValue)item).Size).ToArray(),
            ListParameterValue list => Enumerable.Range(0, dimensions).Select(i => ((SizeValue)list.ItemAt(i)).Size).ToArray(),
            _ => Window.Repeat(otherwise, dimensions),
        };
    }

    private void RequireCount(string name, Value list, int dimensions)
    {
        var count = list is ListParameterValue parameter ? Size.Of(parameter.Count) : Size.Of(((ListValue)list).Items.Count);
        HasWrongList |= !Require(count, dimensions, () => DiagnosticCatalogue.ArgumentType(PlaceOf(name), Operation.Name, name,
            $"a whole number or a list of {dimensions}", list.Describe()));
    }

    /// <summary>Whether a list had not one number for each spatial dimension, so that what was inferred from it means nothing.</summary>
    public bool HasWrongList { get; private set; }

    /// <summary>A list of whole numbers.</summary>
    public IReadOnlyList<Size> List(string name) => Argument(name) is ListValue list
        ? list.Items.Select(item => item is SizeValue size ? size.Size : Size.One).ToArray()
        : [];

    public string Number(string name, CodeContext code, double otherwise) => Argument(name) switch
    {
        FloatValue number => code.Of(number),
        SizeValue { Size.Value: { } whole } => CodeContext.Of((double)whole),
        SizeValue size => code.Of(size.Size),
        _ => CodeContext.Of(otherwise),
    };

    public string Flag(string name, CodeContext code, bool otherwise) =>
        Argument(name) is BoolValue flag ? code.Of(flag) : CodeContext.Of(otherwise);

    public bool? Flag(string name, bool otherwise) => Argument(name) is BoolValue flag ? flag.Constant : otherwise;

    public string? Word(string name) => (Argument(name) as WordValue)?.Word;

    /// <summary>Demands a rank; reports and returns false where the input has another.</summary>
    public bool RequireRank(int rank, string expected, string? hint = null)
    {
        if (Input.Rank == rank)
            return true;
        Report(DiagnosticCatalogue.Rank(Place, Operation.Name, expected, Input.ToString()).WithHint(hint ?? (Input.Rank == rank - 1 && Input[0].IsConstant ? "The first dimension is the batch, N." : null)));
        return false;
    }

    /// <summary>Demands a rank of at least so much.</summary>
    public bool RequireRankAtLeast(int rank, string expected)
    {
        if (Input.Rank >= rank)
            return true;
        Report(DiagnosticCatalogue.Rank(Place, Operation.Name, expected, Input.ToString()));
        return false;
    }

    /// <summary>Demands that a size that the module is built with is known then, not only when data comes.</summary>
    /// <param name="areLast">Whether it is the last dimension's: of an image that may be the width, meant for the channels.</param>
    public bool RequireKnown(Size size, string what, bool areLast = false)
    {
        foreach (var symbol in size.Symbols())
            if (symbol.Kind == SymbolKind.Data)
            {
                Report(DiagnosticCatalogue.UnknownSize(Place, Operation.Name, what, size.ToString(), symbol.Name)
                    .WithHint(areLast && Input.Rank == 4 ? "It works on the last dimension: permute(0, 2, 3, 1) puts the channels of an image there."
                        : what == "input features"
                        ? "Pool to a fixed size first (avgpool(global) -> flatten), or declare the input with fixed sizes."
                        : "Declare the input with a number or a parameter there."));
                return false;
            }
        return true;
    }

    /// <summary>Reports a dimension of which nothing would be left, as far as that is certain.</summary>
    public bool RequirePositive(Size size, int axis)
    {
        if (size.Maximum() is not <= 0)
            return true;
        Report(DiagnosticCatalogue.SizeVanishes(Place, Operation.Name, Input.NameOf(axis), Input[axis].ToString(), size.ToString()));
        return false;
    }
}
