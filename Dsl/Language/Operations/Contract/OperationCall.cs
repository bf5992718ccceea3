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
    private readonly IDemands _demands;

    public OperationCall(
        Operation operation, IReadOnlyList<TensorValue> inputs, Arguments arguments,
        Place place, Condition beforeNorm, Action<Diagnostic> report, IDemands demands)
    {
        Operation = operation;
        Inputs = inputs;
        _arguments = arguments;
        Place = place;
        BeforeNorm = beforeNorm;
        _report = report;
        _demands = demands;
    }

    public Operation Operation { get; }

    public IReadOnlyList<TensorValue> Inputs { get; }

    /// <summary>The inputs whose states the output's depends on: neither a value that only lends its size nor a learned tensor.</summary>
    public IReadOnlyList<TensorValue> StateInputs => Operation.InputCount == 1 && Inputs.Count > 1 ? [Inputs[0]]
        : LearnedInputs > 0 ? [.. Inputs.Where(input => !input.IsLearned)]
        : Inputs;

    /// <summary>Whether the output is a learned tensor, or numbers that are computed from such tensors alone: it has no batch.</summary>
    public bool IsLearned => Operation.Module == ModuleType.Parameter || Operation.KeepsLearned && LearnedInputs == Inputs.Count;

    private int LearnedInputs
    {
        get
        {
            var count = 0;
            for (var i = 0; i < Inputs.Count; i++)
                count += Inputs[i].IsLearned ? 1 : 0;
            return count;
        }
    }

    /// <summary>The shape of the first input.</summary>
    public Shape Input => Inputs[0].Shape;

    /// <summary>The stage as the file has it, its label left out.</summary>
    public Place Place { get; }

    /// <summary>Whether the stage right after this one is a norm.</summary>
    public Condition BeforeNorm { get; }

    /// <summary>Whether an error was reported: the shape that the rule still gives is not to be trusted then.</summary>
    public bool HasFailed { get; private set; }

    public void Report(Diagnostic diagnostic)
    {
        HasFailed |= diagnostic.Severity == Severity.Error;
        _report(diagnostic);
    }

    // ---- arguments -----------------------------------------------------------------------------------------------

    public bool Has(OperationParameter parameter) => _arguments.Find(parameter.Name) is not null;

    /// <summary>The argument as it was given, or null.</summary>
    public Value? Argument(OperationParameter parameter) => _arguments.Find(parameter.Name)?.Value;

    public Place PlaceOf(OperationParameter parameter) => _arguments.Find(parameter.Name)?.Place ?? Place;

    /// <summary>The argument, or null where none is given or a word stands for it.</summary>
    public T? Find<T>(OperationParameter<T> parameter)
        where T : class => Argument(parameter) is { } value ? parameter.Read(value) : null;

    /// <summary>The argument, or its default.</summary>
    /// <exception cref="InvalidOperationException">Neither is there: a mistake of the operation, which must ask with Find.</exception>
    public T Get<T>(OperationParameter<T> parameter)
        where T : class => Find(parameter) ?? parameter.Default ?? throw Missing(parameter);

    /// <summary>The word that was given, of a parameter that takes words besides.</summary>
    public string? Word(OperationParameter parameter) => (Argument(parameter) as WordValue)?.Word;

    /// <summary>One number for each spatial dimension, the argument's or the default's; see <see cref="RequireCounts"/>.</summary>
    public IReadOnlyList<Size> Get(SpatialParameter parameter, int dimensions) => Argument(parameter) switch
    {
        SizeValue one => Repeat(one.Size, dimensions),
        ListValue list => list.Items.Select(item => ((SizeValue)item).Size).ToArray(),
        ListParameterValue list => Enumerable.Range(0, dimensions).Select(i => ((SizeValue)list.ItemAt(i)).Size).ToArray(),
        _ => Repeat(parameter.Default ?? throw Missing(parameter), dimensions),
    };

    private InvalidOperationException Missing(OperationParameter parameter) =>
        new($"'{parameter.Name}' of '{Operation.Name}' has no default, and none was given.");

    /// <summary>What most strides and dilations are.</summary>
    private static readonly IReadOnlyList<Size> OneAndOne = [Size.One, Size.One];

    /// <summary>The same size for every dimension.</summary>
    public static IReadOnlyList<Size> Repeat(Size size, int dimensions) => dimensions switch
    {
        2 when size == Size.One => OneAndOne,
        1 => new[] { size },
        2 => new[] { size, size },
        _ => Enumerable.Repeat(size, dimensions).ToArray(),
    };

    /// <summary>Demands that lists have one number for each spatial dimension.</summary>
    public bool RequireCounts(int dimensions, params SpatialParameter[] parameters)
    {
        var ok = true;
        foreach (var parameter in parameters)
            if (Argument(parameter) is ListValue or ListParameterValue)
                ok &= RequireCount(parameter, Argument(parameter)!, dimensions);
        return ok;
    }

    private bool RequireCount(SpatialParameter parameter, Value list, int dimensions)
    {
        var count = list is ListParameterValue unknown ? Size.Of(unknown.Count) : Size.Of(((ListValue)list).Items.Count);
        if (!Require(count, dimensions, () => DiagnosticCatalogue.ArgumentType(
                PlaceOf(parameter), Operation.Name, parameter.Name, $"a whole number or a list of {dimensions}", list.Describe())
                .OfThisRank()))
            return false;
        // Numbers that the file has are in their range already; those of a list that a constructor gets are read here for the first time.
        if (list is ListParameterValue && parameter.Minimum is { } minimum)
            foreach (var size in Get(parameter, dimensions))
                RequireAtLeast(size, (long)minimum, () => DiagnosticCatalogue.ArgumentRange(
                    PlaceOf(parameter), Operation.Name, parameter.Name, parameter.RangeText, size.ToString()));
        return true;
    }

    // ---- demands -------------------------------------------------------------------------------------------------

    /// <summary>Demands that an argument, where it is given, changes anything; see <see cref="IDemands.AreForAnyArguments"/>.</summary>
    /// <param name="because">Why it does not, as the end of a sentence.</param>
    public bool RequireEffect(OperationParameter parameter, bool hasEffect, string because)
    {
        if (hasEffect || !Has(parameter) || !_demands.AreForAnyArguments)
            return true;
        Report(DiagnosticCatalogue.NoEffect(PlaceOf(parameter), Operation.Name, parameter.Name, because));
        return false;
    }

    /// <summary>Demands a rank; reports and returns false where the input has another.</summary>
    public bool RequireRank(int rank, string expected, string? hint = null)
    {
        if (Input.Rank == rank)
            return true;
        Report(DiagnosticCatalogue.Rank(Place, Operation.Name, expected, Input.ToString())
            .WithHint(hint ?? (Input.Rank == rank - 1 && Input[0].IsConstant ? "The first dimension is the batch, N." : null)));
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
                    .WithHint(symbol.Origin?.SetAt is { } setter ? DiagnosticCatalogue.SetBy(setter)
                        : areLast && Input.Rank == 4
                        ? "It works on the last dimension: permute(0, 2, 3, 1) puts the channels of an image there."
                        : _demands.IsBatch(symbol) ? Sizing.NoBatch(Operation.Name, symbol.Name)
                        : !areLast && Inputs.Count > 0 && Input.Rank > 2 && size == Input.Channels
                            && Input[Input.Rank - 1].Value is <= MaxColours
                        ? $"Channels are the second dimension: declare them there, or move the last one with permute({ChannelsFirst})."
                        : what == "input features"
                        ? "Pool to a fixed size first (avgpool(global) -> flatten), or declare the input with fixed sizes."
                        : "Declare the input with a number or a parameter there."));
                return false;
            }
        return true;
    }

    /// <summary>More channels than this has no image before the first layer.</summary>
    private const int MaxColours = 4;

    /// <summary>The axes in an order that puts the last one second.</summary>
    private string ChannelsFirst =>
        string.Join(", ", new[] { 0, Input.Rank - 1 }.Concat(Enumerable.Range(1, Input.Rank - 2)));

    /// <summary>Demands that two sizes are equal.</summary>
    /// <inheritdoc cref="IDemands.Related"/>
    public bool Require(Size left, Size right, Func<Diagnostic> otherwise) => _demands.Related(left, Relation.Equal, right, otherwise);

    /// <summary>Demands that a size is not 0.</summary>
    /// <inheritdoc cref="IDemands.Related"/>
    public bool RequireNotZero(Size size, Func<Diagnostic> otherwise) =>
        _demands.Related(size, Relation.NotEqual, Size.Zero, otherwise);

    /// <summary>
    /// The size of two that meet element by element, of which one of 1 is repeated; null, with the error reported, where they do
    /// not fit.
    /// </summary>
    public Size? Repeat(Size left, Size right, Func<Diagnostic> otherwise) =>
        !_demands.Related(left, Relation.Repeatable, right, otherwise) ? null
        // Where one is more than 1, the other is that too, or 1.
        : left.Minimum() > 1 ? left
        : right.Minimum() > 1 ? right
        : Size.Largest(left, right);

    /// <summary>Demands that a size is a multiple of another.</summary>
    /// <inheritdoc cref="IDemands.Related"/>
    public bool RequireMultiple(Size size, Size of, Func<Diagnostic> otherwise) => _demands.Related(size, Relation.MultipleOf, of, () =>
        otherwise() is var error && error.Hint is null && Size.Modulo(size, of) is var rest
            && rest.Symbols().Any(symbol => symbol.Kind == SymbolKind.Data)
            ? error.WithHint(Sizing.Hint(rest, 0, "It is one", null)) : error);

    /// <inheritdoc cref="IDemands.AtLeast(Size, Size, Func{Diagnostic})"/>
    public void RequireAtLeast(Size size, Size minimum, Func<Diagnostic> otherwise) => _demands.AtLeast(size, minimum, otherwise);

    /// <inheritdoc cref="IDemands.AtLeast(Number, Number, Func{Diagnostic})"/>
    public bool RequireAtLeast(Number number, Number minimum, Func<Diagnostic> otherwise) =>
        _demands.AtLeast(number, minimum, otherwise);

    /// <inheritdoc cref="IDemands.AtMost"/>
    public bool RequireAtMost(Size size, Func<Diagnostic> otherwise, params Size[] limits) => _demands.AtMost(size, limits, otherwise);

    /// <summary>Demands that a product is more than 1, where its factors are known once the module is built.</summary>
    /// <inheritdoc cref="IDemands.Related"/>
    public bool RequireSeveral(IReadOnlyList<Size> factors, Func<Diagnostic> otherwise) =>
        factors.Any(factor => factor.Minimum() > 1 || factor.Symbols().Any(symbol => symbol.Kind == SymbolKind.Data))
        || _demands.Related(factors.Aggregate((product, factor) => product * factor), Relation.NotEqual, Size.One, otherwise);

    /// <summary>Demands that groups share the channels evenly.</summary>
    public bool RequireGroups(OperationParameter parameter, Size groups, Size channels, string what) =>
        groups == Size.One || RequireShared(parameter, groups, channels, what);

    private bool RequireShared(OperationParameter parameter, Size groups, Size channels, string what) => RequireMultiple(channels, groups,
        () => DiagnosticCatalogue.Groups(PlaceOf(parameter), Operation.Name, groups.ToString(), what, channels.ToString())
            .WithHint(Sizing.DivisorsOf(channels)));

    /// <summary>Demands that something is left of a dimension; where only data decides it, torch refuses what does not fit.</summary>
    public bool RequirePositive(Size size, int axis)
    {
        Diagnostic Vanishes() => DiagnosticCatalogue.SizeVanishes(
            Place, Operation.Name, Input.NameOf(axis), Input[axis].ToString(), size.ToString());
        if (size.Maximum() is <= 0)
        {
            Report(Vanishes());
            return false;
        }
        if (size != Input[axis])
            RequireAtLeast(size, Size.One, Vanishes);
        return true;
    }
}
