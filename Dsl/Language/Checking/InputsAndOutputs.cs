using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>What a module takes and gives, and the sizes that its declarations have for that.</summary>
internal sealed class InputsAndOutputs(Rooms rooms)
{
    /// <summary>More dimensions than this has no tensor of a network.</summary>
    public const int MaxDimensions = 8;

    private readonly List<DeclaredInput> _declared = [];
    private List<ModuleOutput>? _outputs;

    public IReadOnlyList<TensorValue> Inputs { get; private set; } = [];

    /// <summary>What the module says of each input.</summary>
    public IReadOnlyList<DeclaredInput> DeclaredInputs => _declared;

    public IReadOnlyList<OpenOutputSize> OpenSizes => _openSizes;

    private readonly List<OpenOutputSize> _openSizes = [];

    /// <summary>What the module gives, or null as long as no statement says it.</summary>
    public IReadOnlyList<ModuleOutput>? Outputs => _outputs;

    /// <summary>The statement that gave the outputs: nothing comes after it.</summary>
    public Place? End { get; private set; }

    private Findings Findings => rooms.Findings;

    private Subject Subject => rooms.Subject;

    private Place At(TextSpan span) => rooms.Subject.At(span);

    // ---- blocks ------------------------------------------------------------------------------------------------------

    /// <summary>The inputs of a block for any arguments: symbols, and the numbers that the header says.</summary>
    public void DeclareSymbolic(IReadOnlyList<int> ranks) => Inputs = Subject.Declaration.Inputs.Select((input, i) => new TensorValue(
        new Shape(Enumerable.Range(0, ranks[i]).Select(axis => InputSize(i, axis, ranks[i]))), ChainFact.FromInput(i), At(input.Span),
        input.Text)).ToArray();

    /// <summary>The inputs of a block as it is used.</summary>
    public void DeclareKnown(IReadOnlyList<TensorValue> inputs, IReadOnlyList<ChainFact> chains) =>
        Inputs = Subject.Declaration.Inputs.Select(
        (input, i) => new TensorValue(inputs[i].Shape, chains[i].HasState ? ChainFact.FromInput(i) : chains[i], At(input.Span), input.Text)
        {
            FloatBy = inputs[i].FloatBy,
            Channels = inputs[i].Channels,
        }).ToArray();

    /// <summary>A size of an input of the block: the number that the header says, or a symbol.</summary>
    private Size InputSize(int input, int axis, int rank)
    {
        var name = Subject.Declaration.Inputs[input].Text;
        if (axis == 0 || Subject.Declaration.ShapeOf(input) is not { } declared)
            return Size.Of(rooms.Symbols.ForInput(SymbolTable.InputName(name, axis, rank)));
        return declared.Sizes[axis] switch
        {
            IntegerLiteral { Value: > 0 } number => number.Value,
            // The first of a name names the symbol; a second one is a size that must be equal.
            NameExpression size when IsFirst(size, declared) => Size.Of(rooms.Symbols.ForInput($"{name}.{size.Name}")),
            _ => Size.Of(rooms.Symbols.ForInput($"{name}.size{axis}")),
        };
    }

    private static bool IsFirst(NameExpression size, ShapeSyntax shape) =>
        shape.Sizes.OfType<NameExpression>().First(other => Casing.Capital(other.Name) == Casing.Capital(size.Name)) == size;

    /// <summary>Binds the names that the header has for sizes of the inputs; what has a value already must be equal.</summary>
    public void BindHeaderSizes(BodyPath path)
    {
        for (var i = 0; i < Inputs.Count; i++)
        {
            var (input, name) = (Inputs[i], Subject.Declaration.Inputs[i]);
            if (Subject.Declaration.ShapeOf(i) is { } shape)
                _declared.Add(new DeclaredInput(
                    input, [.. shape.Sizes.Select((size, axis) => Declared(size, BindHeaderSize(path, input, axis, size, shape)))],
                    At(TextSpan.FromBounds(name.Span.Start, shape.Span.End))));
            else
                _declared.Add(new DeclaredInput(
                    input, [.. input.Shape.Sizes.Select((size, axis) => new DeclaredSize(axis == 0 ? null : size, $"{size}"))],
                    At(name.Span)));
        }
    }

    private DeclaredSize Declared(Expression declared, Size size) => new(size, At(declared.Span).OneLine());

    /// <summary>Gives the size that the header says.</summary>
    private Size BindHeaderSize(BodyPath path, TensorValue input, int axis, Expression declared, ShapeSyntax shape)
    {
        if (declared is NameExpression name && path.Scope.Find(name.Name) is null)
        {
            path.Scope.Set(name.Name, new SizeValue(input.Shape[axis]));
            return input.Shape[axis];
        }
        if (NamesIn(declared).Where(part => path.Scope.Find(part.Name) is null).ToArray() is { Length: > 0 } unknown)
        {
            ReportHeaderSize(path, declared, unknown);
            return input.Shape[axis];
        }
        var value = rooms.Expressions.Evaluate(path, declared);
        if (value is SizeValue size)
        {
            if (!rooms.Requirements.RequireEqual(path, input.Shape[axis], size.Size, () => DiagnosticCatalogue.BlockInput(
                    At(declared.Span), Subject.Name, Subject.Source.Slice(shape.Span), input.Name, input.Shape.ToString())))
                path.Scope.Set(input.Name, ErrorValue.Instance);
            return size.Size;
        }
        if (value is not ErrorValue)
            Findings.Report(DiagnosticCatalogue.ValueType(At(declared.Span), "A size", "a whole number", value.Describe()));
        return input.Shape[axis];
    }

    /// <summary>A size in a header with a new name in it, which is not solved for. Once is enough for a header.</summary>
    private void ReportHeaderSize(BodyPath path, Expression declared, IReadOnlyList<NameExpression> unknown)
    {
        if (Subject.Context.IsFirstUse(Subject.Declaration, "size of the header", declared.Span))
            Findings.Report(DiagnosticCatalogue.ValueType(At(declared.Span), "A size of a block's input",
                "a number, a parameter or a name", $"'{At(declared.Span).OneLine()}'").WithHint(
                    $"Name the whole size, and compute '{unknown[0].Name}' from that in the body."));
        else
            Findings.Suppress();
        foreach (var name in unknown)
            path.Scope.Set(name.Name, ErrorValue.Instance);
    }

    public void Check(BodyPath path, ReturnStatement statement, bool isTop)
    {
        if (!Subject.IsBlock || !isTop)
        {
            Findings.Report(Subject.IsBlock
                ? DiagnosticCatalogue.Misplaced(At(statement.Span), "return", "it as the last statement of the block")
                    .WithHint("Set a value in both branches and return it after them.")
                : DiagnosticCatalogue.Misplaced(At(statement.Span), "return", "'output' with names and sizes in a network"));
            _outputs ??= [];
            return;
        }
        End = At(statement.Span);
        _outputs = [];
        foreach (var expression in statement.Values)
        {
            var name = expression is NameExpression named ? named.Name
                : statement.Values.Count == 1 ? "output"
                : $"output{_outputs.Count + 1}";
            foreach (var value in rooms.Expressions.EvaluateAll(path, expression, name))
                if (value is TensorValue tensor)
                {
                    var unique = _outputs.Any(other => other.Name == name) ? $"{name}{_outputs.Count + 1}" : name;
                    _outputs.Add(new ModuleOutput(unique, tensor));
                }
                else if (value is not ErrorValue)
                    Findings.Report(
                        DiagnosticCatalogue.ValueType(At(expression.Span), "A returned value", "a tensor", value.Describe()));
        }
    }

    // ---- networks ----------------------------------------------------------------------------------------------------

    public void Check(BodyPath path, InputStatement statement, bool isTop)
    {
        if (Subject.IsBlock)
        {
            Findings.Report(DiagnosticCatalogue.Misplaced(At(statement.Span), "input", "it inside a network")
                .WithHint("A block's inputs are its parameters without a type: block Name(x, channels: int)."));
            return;
        }
        if (!isTop)
        {
            Findings.Report(DiagnosticCatalogue.Misplaced(At(statement.Span), "input", "it outside of 'if' and 'for'"));
            return;
        }
        foreach (var input in statement.Values)
            Declare(path, input, statement);
    }

    private void Declare(BodyPath path, SizedName input, InputStatement statement)
    {
        var taken = path.Scope.Find(input.Name.Text);
        if (taken is not null)
            Findings.Report(DiagnosticCatalogue.DuplicateDeclaration(At(input.Name.Span), "name", input.Name.Text,
                At(taken.Targets.Count > 0 ? taken.Targets[0] : statement.Span)));
        var sizes = input.Shape.Sizes.Select(size => EvaluateSize(path, size, true)).ToArray();
        if (sizes.Length > MaxDimensions)
            Findings.Report(
                DiagnosticCatalogue.Rank(At(input.Shape.Span), "input", $"at most {MaxDimensions} dimensions", $"{sizes.Length}"));
        if (sizes.Length < 2)
            Findings.Report(DiagnosticCatalogue.Rank(At(input.Shape.Span), "input", "a batch and at least one more dimension, [N, C, ...]",
                $"[{string.Join(", ", sizes.Select(size => size?.ToString() ?? "?"))}]"));
        var shape = new Shape(sizes.Select(size => size ?? Size.Of(rooms.Symbols.New("unknown"))));
        var value = new TensorValue(shape, ChainFact.NotBegun, At(input.Name.Span), input.Name.Text);
        Inputs = [.. Inputs, value];
        _declared.Add(new DeclaredInput(value, [.. input.Shape.Sizes.Zip(shape.Sizes, Declared)], At(input.Span)));
        rooms.Names.Assign(input.Name);
        // The names of sizes that are wrong are not known.
        rooms.Names.LacksNames |= input.Shape.Sizes.Any(size => size is ErrorExpression);
        var isWrong = taken is not null || sizes.Contains(null) || sizes.Length is < 2 or > MaxDimensions;
        path.Scope.Set(input.Name.Text, new Binding(isWrong ? ErrorValue.Instance : value, [input.Name.Span]));
    }

    /// <summary>Each symbol must follow from some size of an input: it could not be told from h + w what h is.</summary>
    public void CheckSymbols(BodyPath path)
    {
        var sizes = Inputs.SelectMany(input => input.Shape.Sizes).ToArray();
        if (sizes.All(size => size.IsConstant || size.LinearIn(size.Symbols().First()) is not null))
            return;
        var untoldNames = new HashSet<string>();
        // Of a size with several such symbols the first is enough: told that, the others may follow. So is one size of several.
        foreach (var size in Subject.Declaration.Body.OfType<InputStatement>().SelectMany(statement => statement.Values)
            .SelectMany(input => input.Shape.Sizes))
            if (NamesIn(size).FirstOrDefault(name => IsUntold(path, name, sizes)) is { } untold
                && untoldNames.Add(untold.Name))
                Findings.Report(DiagnosticCatalogue.ValueType(At(untold.Span), $"The symbol '{untold.Name}'",
                    $"the only symbol of some size, such as {untold.Name} or 32*{untold.Name}", $"in '{At(size.Span).OneLine()}' only"));
    }

    private static bool IsUntold(BodyPath path, NameExpression name, IReadOnlyList<Size> sizes) =>
        path.Scope.Find(name.Name) is { Value: SizeValue value }
            && value.Size.Symbols().FirstOrDefault(symbol => symbol.Kind == SymbolKind.Data) is { } symbol
        && sizes.All(size => size.LinearIn(symbol) is null);

    /// <summary>A size of an input or output; a name that is not known yet becomes a symbol where an input declares it.</summary>
    private Size? EvaluateSize(BodyPath path, Expression expression, bool declares)
    {
        if (declares)
            foreach (var name in NamesIn(expression))
                if (name.Name is not ("true" or "false") && path.Scope.Find(name.Name) is null)
                    path.Scope.Set(name.Name, new Binding(new SizeValue(Size.Of(new Symbol(name.Name, SymbolKind.Data))), [name.Span]));
        switch (rooms.Expressions.Evaluate(path, expression))
        {
            case SizeValue size:
                if (size.Size.Maximum() is not <= 0)
                {
                    if (declares)
                        RequirePositive(path, size.Size, expression);
                    return size.Size;
                }
                // A number of which nothing is left was said where it is used.
                if (!declares && Findings.HasFailed)
                    return null;
                Findings.Report(DiagnosticCatalogue.ValueType(At(expression.Span), "A size", "at least 1", size.Describe())
                    .WithHint(size.Size.Value < 0 ? "A size that only data has is a name, such as N." : null));
                return null;
            case ErrorValue:
                return null;
            case var other:
                if (TypeHints.IsSaid(Subject, expression, other))
                    Findings.Suppress();
                else
                    Findings.Report(DiagnosticCatalogue.ValueType(At(expression.Span), "A size", "a whole number", other.Describe())
                        .WithHint(TypeHints.ForWholeNumber(Subject, expression, other)));
                return null;
        }
    }

    /// <summary>Demands that a size of an input, or what it is a multiple of, is at least 1 with the constructor's arguments.</summary>
    private void RequirePositive(BodyPath path, Size size, Expression expression)
    {
        var known = size.Symbols().FirstOrDefault(symbol => symbol.Kind == SymbolKind.Data) is { } data
            ? size.LinearIn(data)?.Factor
            : size;
        if (known is not null)
            rooms.Requirements.RequireAtLeast(path, known, 1,
                () => DiagnosticCatalogue.ValueType(At(expression.Span), "A size", "at least 1", known.ToString()));
    }

    private static IEnumerable<NameExpression> NamesIn(Expression expression) => expression switch
    {
        NameExpression name => [name],
        OperatorExpression row => NamesIn(row.First).Concat(row.Rest.SelectMany(operand => NamesIn(operand.Right))),
        NegateExpression negate => NamesIn(negate.Value),
        _ => [],
    };

    public void Check(BodyPath path, OutputStatement statement, bool isTop)
    {
        if (Subject.IsBlock || !isTop)
        {
            Findings.Report(DiagnosticCatalogue.Misplaced(
                At(statement.Span), "output", Subject.IsBlock ? "'return' with the values of a block" : "it outside of 'if' and 'for'"));
            return;
        }
        _outputs ??= [];
        End ??= At(statement.Span);
        foreach (var output in statement.Values)
        {
            if (_outputs.Any(other => other.Name == output.Name.Text))
                Findings.Report(DiagnosticCatalogue.DuplicateDeclaration(At(output.Name.Span), "output", output.Name.Text, End.Value));
            // A value that is set later is said to come after the output.
            if (path.Scope.Find(output.Name.Text) is null && IsSetAfter(statement, output.Name.Text))
                Findings.Suppress();
            else
                Declare(path, output, _outputs);
        }
    }

    private bool IsSetAfter(Statement statement, string name) => Subject.Declaration.Body.SkipWhile(other => other != statement).Skip(1)
        .Any(later => later is not ErrorStatement && later.Sets.Any(target => target.Text == name));

    private void Declare(BodyPath path, SizedName output, List<ModuleOutput> outputs)
    {
        var value = rooms.Names.Lookup(path, output.Name.Text, output.Name.Span);
        // An input without its batch is reported where it is used; the name of the batch cannot be known then.
        rooms.Names.LacksNames |= Findings.HasFailed && Inputs.Any(input => input.Shape is { Rank: > 0 } shape && shape[0].IsConstant);
        var declared = output.Shape.Sizes.Select(size => EvaluateSize(path, size, false)).ToArray();
        if (value is not TensorValue tensor)
        {
            if (value is not ErrorValue)
                Findings.Report(
                    DiagnosticCatalogue.ValueType(At(output.Name.Span), $"The output '{output.Name.Text}'", "a tensor", value.Describe()));
            return;
        }
        outputs.Add(new ModuleOutput(output.Name.Text, tensor));
        if (declared.All(size => size is not null))
            RequireShape(path, output, tensor, new Shape(declared!));
    }

    private void RequireShape(BodyPath path, SizedName output, TensorValue tensor, Shape declared)
    {
        Diagnostic Differs() => DiagnosticCatalogue.OutputShape(
            At(output.Shape.Span), output.Name.Text, declared.ToString(), tensor.Shape.ToString(), tensor.Origin);
        if (declared.Rank != tensor.Shape.Rank)
        {
            Findings.Report(Differs().WithHint(
                declared.Rank == 2 && tensor.Shape.Rank > 2 && tensor.Shape.Sizes.Any(size => size.Value == 1)
                ? "Pools keep the number of dimensions: 'flatten' comes before 'linear'."
                : null));
            return;
        }
        for (var axis = 0; axis < declared.Rank; axis++)
        {
            if (!rooms.Requirements.RequireEqual(path, tensor.Shape[axis], declared[axis],
                    () => Differs().WithHint(Sizing.Hint(tensor.Shape[axis], declared[axis], otherwise: null))))
                return;
            var rest = tensor.Shape[axis].Substitute(path.Assumptions) - declared[axis].Substitute(path.Assumptions);
            if (Subject.IsGeneric && rest.Symbols().Any(symbol => symbol.Kind == SymbolKind.Data))
                _openSizes.Add(new OpenOutputSize(output.Name.Text, tensor, axis, declared[axis], At(output.Shape.Span).OneLine(),
                    At(output.Shape.Sizes[axis].Span).OneLine(), At(output.Span)));
        }
    }

    /// <summary>A statement that could not be read was meant to give the outputs.</summary>
    public void AssumeOutputs() => _outputs ??= [];
}
