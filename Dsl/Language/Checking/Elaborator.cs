using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Parsing;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>
/// Goes through one module's body and makes its plan, checking everything on the way. It runs in two ways over the same
/// code: for any arguments, where parameters are symbols, ifs keep both branches and loops stay loops; and for certain
/// arguments, where ifs are decided and loops unrolled. An error value silences whatever depends on it.
/// </summary>
internal sealed partial class Elaborator
{
    private readonly ModelContext _context;
    private readonly ModuleDeclaration _declaration;
    private readonly SourceText _source;
    private readonly FileScope _file;
    private readonly bool _isGeneric;
    private readonly DiagnosticBag _diagnostics;
    private readonly Action<Diagnostic> _report;
    private readonly Func<Size, Size, Func<Diagnostic>, bool> _require;
    private IReadOnlyDictionary<TextSpan, string>? _autoNames;

    private readonly Member _root;
    private readonly HashSet<TextSpan> _used = [];
    private readonly List<(Name Name, TextSpan Span)> _assigned = [];
    private readonly List<SharedModule> _shared = [];
    private readonly HashSet<TensorValue> _observed = [];
    private BodyPath _path;
    private bool _usesNorm;
    private bool _failed;
    private Diagnostic? _firstError;

    /// <summary>Whether the statement that declares sizes could not be read: a name that is not known may be one of them.</summary>
    private bool _lacksNames;

    private int _stages;
    private HashSet<string>? _symbolNames;
    private readonly HashSet<string> _loopNames = [];
    private int _properties;
    private IReadOnlyList<TensorValue> _inputs = [];
    private List<ModuleOutput>? _outputs;

    public Elaborator(ModelContext context, ModuleDeclaration declaration, SourceText source, bool isGeneric, DiagnosticBag? diagnostics = null)
    {
        _context = context;
        _declaration = declaration;
        _source = source;
        _file = context.ScopeOf(source);
        _isGeneric = isGeneric;
        _diagnostics = diagnostics ?? context.Diagnostics;
        _root = new Member(null, [], new ModuleType(ModuleLibrary.Block, declaration.Name.Text), 0, source.At(declaration.Name.Span));
        _path = new BodyPath(DefaultPolicy);
        _failed = Declarations.IsMisnamed(declaration);
        (_report, _require) = (Report, Require);
    }

    /// <summary>What norm stages have where no network says otherwise.</summary>
    public static readonly PolicyValue DefaultPolicy = new(new PolicyCall("kalman", []), true, null, true);

    /// <summary>The policy that a block gets from whoever uses it.</summary>
    private static readonly PolicyValue Ambient = new(new AmbientPolicy(), true, null, true);

    private Scope _scope => _path.Scope;

    private List<PlanItem> _items => _path.Items;

    /// <summary>Goes along a path, then on with the one that it forked from.</summary>
    private BodyPath Along(BodyPath path, Action body)
    {
        var outer = _path;
        _path = path;
        body();
        _path = outer;
        return path;
    }

    /// <summary>An operation of the language, or a module of C# that the file declares.</summary>
    private Operation? FindLayer(string name) => OperationCatalogue.Find(name) ?? (_file.Externs.TryGetValue(name, out var layer) ? layer : null);

    private Place At(TextSpan span) => _source.At(span);

    private void Report(Diagnostic diagnostic)
    {
        if (diagnostic.Severity == Severity.Error)
        {
            _failed = true;
            _firstError ??= diagnostic;
        }
        _diagnostics.Add(diagnostic);
    }

    private ErrorValue Fail(Diagnostic diagnostic)
    {
        Report(diagnostic);
        return ErrorValue.Instance;
    }

    /// <summary>A network: for any arguments, or at its defaults (a parameter without one stays a symbol).</summary>
    public ModuleModel RunNetwork() => RunNetwork(new Dictionary<string, Value>(), []);

    /// <summary>A network with some arguments given, the others at their defaults.</summary>
    public ModuleModel RunNetwork(IReadOnlyDictionary<string, Value> arguments, IReadOnlyCollection<string> unknown) => Run(() =>
    {
        foreach (var parameter in _declaration.Parameters)
            Declare(parameter.Name, arguments.TryGetValue(parameter.Name.Text, out var given) ? given
                : _isGeneric || unknown.Contains(parameter.Name.Text) ? SymbolFor(parameter) : DefaultOf(parameter) ?? SymbolFor(parameter));
        // A parameter without a type is reported already; it was meant as an input, whose sizes are not known then.
        _lacksNames = _declaration.Inputs.Count > 0;
        foreach (var input in _declaration.Inputs)
            Declare(input, Silence());
        if (!_lacksNames && !_declaration.Body.Any(statement => statement is InputStatement or ErrorStatement))
        {
            _lacksNames = true;
            Report(DiagnosticCatalogue.NoInput(
                At(_declaration.Name.Span), "network", _declaration.Name.Text, "a statement such as 'input image[N, 3, 32, 32]'"));
        }
    });

    /// <summary>A parameter or an input of the header; it is to be used as every value is.</summary>
    private void Declare(Name name, Value value)
    {
        if (name.Text is not ("norm" or "device" or "dtype"))
            _assigned.Add((name, name.Span));
        // A second one of the name is reported already: whatever uses the name uses both.
        _scope.Set(name.Text, new Binding(value, [.. _scope.Find(name.Text)?.Targets ?? [], name.Span]));
    }

    /// <summary>A block for any arguments, its inputs of the ranks given.</summary>
    public ModuleModel RunBlock(IReadOnlyList<int> ranks) => Run(() =>
    {
        _path = new BodyPath(Ambient);
        _inputs = _declaration.Inputs.Select((input, i) => new TensorValue(
            new Shape(Enumerable.Range(0, ranks[i]).Select(axis => InputSize(i, axis, ranks[i]))),
            ChainFact.FromInput(i), At(input.Span), input.Text)).ToArray();
        for (var i = 0; i < _inputs.Count; i++)
            Declare(_declaration.Inputs[i], _inputs[i]);
        foreach (var parameter in _declaration.Parameters)
            Declare(parameter.Name, SymbolFor(parameter));
        BindSizes();
    });

    /// <summary>A size of an input of the block: the number that the header says, or a symbol.</summary>
    private Size InputSize(int input, int axis, int rank)
    {
        var name = _declaration.Inputs[input].Text;
        if (axis == 0 || _declaration.ShapeOf(input) is not { } declared)
            return Size.Of(ConstructionSymbol(InputSymbolName(name, axis, rank)));
        return declared.Sizes[axis] switch
        {
            IntegerLiteral { Value: > 0 } number => number.Value,
            // The first of a name names the symbol; a second one is a size that must be equal.
            NameExpression size when declared.Sizes.OfType<NameExpression>().First(other => Capital(other.Name) == Capital(size.Name)) == size =>
                Size.Of(ConstructionSymbol(name + Capital(size.Name))),
            _ => Size.Of(ConstructionSymbol($"{name}Size{axis}")),
        };
    }

    private static string Capital(string name) => char.ToUpperInvariant(name[0]) + name.Substring(1);

    /// <summary>Binds the names that the header has for sizes of the inputs; what has a value already must be equal.</summary>
    private void BindSizes()
    {
        for (var i = 0; i < _inputs.Count; i++)
            for (var axis = 0; axis < (_declaration.ShapeOf(i)?.Sizes.Count ?? 0); axis++)
            {
                var (input, shape) = (_inputs[i], _declaration.ShapeOf(i)!);
                var declared = shape.Sizes[axis];
                if (declared is NameExpression name && _scope.Find(name.Name) is null)
                    _scope.Set(name.Name, new SizeValue(input.Shape[axis]));
                else if (Evaluate(declared) is var value and not ErrorValue)
                {
                    if (value is not SizeValue size)
                        Report(DiagnosticCatalogue.ValueType(At(declared.Span), "A size", "a whole number", value.Describe()));
                    else if (!Require(input.Shape[axis], size.Size, () => DiagnosticCatalogue.BlockInput(
                            At(declared.Span), _declaration.Name.Text, _source.Slice(shape.Span), input.Name, input.Shape.ToString())))
                        _scope.Set(_declaration.Inputs[i].Text, ErrorValue.Instance);
                }
            }
    }

    /// <summary>A block for certain inputs and arguments.</summary>
    public ModuleModel RunBlock(
        IReadOnlyList<TensorValue> inputs, IReadOnlyList<ChainFact> chains, IReadOnlyDictionary<string, Value> arguments, PolicyValue policy) => Run(() =>
    {
        _path = new BodyPath(policy);
        _inputs = inputs.Select((input, i) => new TensorValue(
            input.Shape, chains[i].HasState ? ChainFact.FromInput(i) : chains[i], At(_declaration.Inputs[i].Span), _declaration.Inputs[i].Text)).ToArray();
        for (var i = 0; i < _inputs.Count; i++)
            _scope.Set(_declaration.Inputs[i].Text, _inputs[i]);
        foreach (var pair in arguments)
            _scope.Set(pair.Key, pair.Value);
        BindSizes();
    });

    /// <summary>A size that the constructor takes, under a name that no parameter has.</summary>
    private Symbol ConstructionSymbol(string name)
    {
        var unique = name;
        for (var number = 2; _declaration.Parameters.Any(parameter => parameter.Name.Text == unique); number++)
            unique = name + number;
        return new Symbol(unique, SymbolKind.Construction);
    }

    /// <summary>The name under which a block's constructor takes a size of an input: <c>xChannels</c>.</summary>
    public static string InputSymbolName(string input, int axis, int rank)
    {
        if (axis == 0)
            return "N";
        var name = Shape.AxisName(axis, rank);
        name = name.StartsWith("dimension ", StringComparison.Ordinal) ? "Size" + axis : Capital(name);
        return input + name;
    }

    private ModuleModel Run(Action bind)
    {
        bind();
        var whole = _path;
        try
        {
            RunStatements(_declaration.Body, true);
            Finish();
        }
        catch (TooLargeException)
        {
            Report(DiagnosticCatalogue.TooLarge(At(_declaration.Name.Span), $"'{_declaration.Name.Text}'", ModelContext.MostStages)
                .WithHint("Look for a repetition or a nest of blocks that multiplies."));
        }
        catch (InsufficientExecutionStackException)
        {
            Report(DiagnosticCatalogue.TooDeep(At(_declaration.Name.Span), Parsing.Parser.DeepestNesting));
        }
        catch (OverflowException)
        {
            Report(DiagnosticCatalogue.Overflow(At(_declaration.Name.Span)));
        }
        var items = whole.Items;
        SharedPlacement.Place(items);
        GroupPlacement.Place(items);
        var defaults = _isGeneric ? Defaults() : [];
        return new ModuleModel(_declaration, _source, _isGeneric, _inputs, _outputs ?? [], items, _root, _usesNorm, _stages, !_failed)
        {
            InputChains = _inputs.Select(whole.FactOf).ToArray(),
            Observed = _observed,
            Defaults = defaults,
            FirstError = _firstError,
            Namespace = _context.NamespaceOf(_source),
        };
    }

    private void Finish()
    {
        if (_declaration.Kind == ModuleKind.Network && !_failed)
            CheckSymbols();
        var what = _declaration.Kind == ModuleKind.Network ? "network" : "block";
        var broken = _failed || _declaration.Body.Any(statement => statement is ErrorStatement);
        if (_outputs is null && !broken)
            Report(DiagnosticCatalogue.NoOutput(At(_declaration.Name.Span), what, _declaration.Name.Text,
                what == "network" ? "a statement such as 'output logits[N, 10]'" : "'return' with a value at the end"));
        // What is wrong may have been meant to use what seems unused.
        if (!_isGeneric || _failed || broken)
            return;
        foreach (var (name, span) in _assigned)
            if (!_used.Contains(span))
                Report(DiagnosticCatalogue.UnusedValue(At(span), name.Text)
                    .WithHint(_declaration.Parameters.Any(parameter => parameter.Name.Span == span && parameter.Type.Text == "norm")
                        ? $"The norms of the network take it by 'norm = {name.Text}'." : null));
        foreach (var shared in _shared)
            if (shared.Item.Made is null)
                Report(DiagnosticCatalogue.UnusedModule(shared.Place, shared.Label.ToString()));
    }

    /// <summary>A parameter whose value is not known.</summary>
    private Value SymbolFor(Parameter parameter)
    {
        var name = parameter.Name.Text;
        // A list for a default says what was meant, and its type that it was not said.
        if (!parameter.IsList && parameter.Default is ListExpression)
            return ErrorValue.Instance;
        if (parameter.IsList)
            return parameter.Type.Text is "int" or "float" ? new ListParameterValue(name, parameter.Type.Text == "float") : ErrorValue.Instance;
        return parameter.Type.Text switch
        {
            // An argument may be 0 or less (a flag, an offset), so nothing is taken for granted of it.
            "int" => new SizeValue(Size.Of(new Symbol(name, SymbolKind.Construction, false))),
            "float" => new FloatValue(new NumberSymbol(new Symbol(name, SymbolKind.Construction))),
            "bool" => new BoolValue(new ConditionSymbol(new Symbol(name, SymbolKind.Construction))),
            "norm" => new PolicyValue(new PolicySymbol(new Symbol(name, SymbolKind.Construction)), true, null, true),
            _ => ErrorValue.Instance,
        };
    }

    private Dictionary<string, Value> Defaults()
    {
        // Defaults stand before the body: they see no name of it.
        _path = new BodyPath(DefaultPolicy);
        var defaults = new Dictionary<string, Value>();
        foreach (var parameter in _declaration.Parameters)
            if (DefaultOf(parameter) is { } value)
                defaults[parameter.Name.Text] = value;
        return defaults;
    }

    /// <summary>A parameter's default, of its type, or null where it has none.</summary>
    private Value? DefaultOf(Parameter parameter) => parameter.Default is { } value ? ParameterValue(parameter, value, _declaration.Name.Text) : null;

    /// <summary>A symbol for a local of the constructor, under a name that no parameter has.</summary>
    private Symbol NewSymbol(string name, SymbolKind kind = SymbolKind.Construction)
    {
        var unique = name;
        for (var number = 2; !SymbolNames.Add(unique); number++)
            unique = name + number;
        return new Symbol(unique, kind);
    }

    /// <summary>When a size that is one of several is known: with the last of them.</summary>
    private static SymbolKind KindOf(Size one, Size other) =>
        one.Symbols().Concat(other.Symbols()).Any(symbol => symbol.Kind == SymbolKind.Data) ? SymbolKind.Data : SymbolKind.Construction;

    private HashSet<string> SymbolNames => _symbolNames ??=
    [
        .. _declaration.Parameters.Select(parameter => parameter.Name.Text),
        .. _inputs.SelectMany(input => input.Shape.Sizes).SelectMany(size => size.Symbols()).Select(symbol => symbol.Name),
    ];

    /// <summary>
    /// Whether a loop may have the name in the generated code: loops behind each other may share one, but not a loop and the
    /// one around it, nor a parameter or number.
    /// </summary>
    private bool TakeForLoop(string name)
    {
        if (_path.Loops.Any(loop => loop.Variable.Name == name) || !_loopNames.Contains(name) && !SymbolNames.Add(name))
            return false;
        _loopNames.Add(name);
        return true;
    }

    private void CountStages(int stages)
    {
        _stages += stages;
        if (_stages > ModelContext.MostStages)
            throw new TooLargeException();
    }

    /// <summary>
    /// Whether two sizes are equal. Where only arguments decide it, a check for the constructor is planned; where only data
    /// decides it, it is refused, since no check could come before the data does.
    /// </summary>
    private bool Require(Size left, Size right, Func<Diagnostic> diagnostic)
    {
        left = left.Substitute(_path.Assumptions);
        right = right.Substitute(_path.Assumptions);
        if (left == right)
            return true;
        var difference = left - right;
        var symbols = difference.Symbols().ToArray();
        var never = difference.IsConstant || difference.Minimum() > 0 || difference.Maximum() < 0;
        if (never || symbols.Any(symbol => symbol.Kind == SymbolKind.Data) && !_isGeneric)
        {
            Report(diagnostic());
            return false;
        }
        if (_isGeneric && symbols.All(symbol => symbol.Kind == SymbolKind.Construction))
            _items.Add(new CheckItem(left, Relation.Equal, right, diagnostic()));
        return true;
    }
}
