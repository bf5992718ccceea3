using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations;
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
internal sealed class ModuleChecker
{
    /// <summary>The policy that a block gets from the module that uses it.</summary>
    private static readonly PolicyValue Ambient = new(new AmbientPolicy(), true, null, PolicyParameters.Affine);

    private readonly Subject _subject;
    private readonly Rooms _rooms;

    public ModuleChecker(ModelContext context, ModuleDeclaration declaration, SourceText source, bool isGeneric,
        DiagnosticBag? diagnostics = null, UseOfBlock? use = null)
    {
        _subject = new Subject(context, declaration, source, isGeneric) { Use = use };
        _rooms = new Rooms(_subject, diagnostics ?? context.Diagnostics);
        if (Declarations.HasWrongParameters(declaration))
            _rooms.Findings.Suppress();
    }

    private ModuleDeclaration Declaration => _subject.Declaration;

    /// <summary>A network: for any arguments, or at its defaults (a parameter without one stays a symbol).</summary>
    public ModuleModel CheckNetwork() => CheckNetwork(new Dictionary<string, Value>(), []);

    /// <summary>A network with some arguments given, the others at their defaults.</summary>
    /// <param name="unknown">Parameters that stay symbols, though they may have defaults.</param>
    public ModuleModel CheckNetwork(IReadOnlyDictionary<string, Value> arguments, IReadOnlyCollection<string> unknown)
    {
        var path = new BodyPath(NormPolicies.Default);
        foreach (var parameter in Declaration.Parameters)
            _rooms.Names.Declare(path, parameter.Name, arguments.TryGetValue(parameter.Name.Text, out var given) ? given
                : _subject.IsGeneric || unknown.Contains(parameter.Name.Text) ? SymbolFor(parameter)
                : DefaultOf(path, parameter) ?? SymbolFor(parameter));
        if (!_subject.IsGeneric)
            _rooms.Findings.Arguments = Declaration.Parameters.Select(parameter => parameter.Name.Text).Distinct()
                .ToDictionary(name => name, name => path.Scope.Find(name)!.Value);
        // A parameter without a type is reported already; it was meant as an input, whose sizes are not known then.
        _rooms.Names.LacksNames = Declaration.Inputs.Count > 0;
        foreach (var input in Declaration.Inputs)
            _rooms.Names.Declare(path, input, _rooms.Findings.Suppress());
        if (!_rooms.Names.LacksNames && !Declaration.Body.Any(statement => statement is InputStatement or ErrorStatement))
        {
            _rooms.Names.LacksNames = true;
            _rooms.Findings.Report(DiagnosticCatalogue.NoInput(
                _subject.NamePlace, "network", _subject.Name, "a statement such as 'input image[N, 3, 32, 32]'"));
        }
        return Check(path);
    }

    /// <summary>A block for any arguments, its inputs of the ranks given.</summary>
    public ModuleModel CheckBlock(IReadOnlyList<int> ranks)
    {
        var path = new BodyPath(Ambient);
        _rooms.InputsAndOutputs.DeclareSymbolic(ranks);
        foreach (var (input, value) in Declaration.Inputs.Zip(_rooms.InputsAndOutputs.Inputs, (input, value) => (input, value)))
            _rooms.Names.Declare(path, input, value);
        foreach (var parameter in Declaration.Parameters)
            _rooms.Names.Declare(path, parameter.Name, SymbolFor(parameter));
        _rooms.InputsAndOutputs.BindHeaderSizes(path);
        return Check(path);
    }

    /// <summary>A block for certain inputs and arguments.</summary>
    /// <param name="chains">What is known of the inputs' states.</param>
    public ModuleModel CheckBlock(
        IReadOnlyList<TensorValue> inputs, IReadOnlyList<ChainFact> chains, IReadOnlyDictionary<string, Value> arguments,
        PolicyValue policy)
    {
        var path = new BodyPath(policy);
        _rooms.InputsAndOutputs.DeclareKnown(inputs, chains);
        foreach (var input in _rooms.InputsAndOutputs.Inputs)
            path.Scope.Set(input.Name, input);
        foreach (var pair in arguments)
            path.Scope.Set(pair.Key, pair.Value);
        _rooms.Findings.Arguments = arguments;
        _rooms.InputsAndOutputs.BindHeaderSizes(path);
        return Check(path);
    }

    private ModuleModel Check(BodyPath path)
    {
        try
        {
            _rooms.Statements.CheckBody(path);
            Finish(path);
        }
        catch (TooLargeException)
        {
            _rooms.Findings.Report(DiagnosticCatalogue.TooLarge(_subject.NamePlace, $"'{_subject.Name}'", ModelContext.MaxStages)
                .WithHint("Look for repetitions or nested blocks that multiply."));
        }
        catch (InsufficientExecutionStackException)
        {
            _rooms.Findings.Report(DiagnosticCatalogue.TooDeep(_subject.NamePlace, Parsing.Parser.MaxNesting));
        }
        catch (OverflowException)
        {
            _rooms.Findings.Report(DiagnosticCatalogue.Overflow(_subject.NamePlace));
        }
        SharedPlacement.Place(path.Items);
        GroupPlacement.Place(path.Items);
        var defaults = _subject.IsGeneric ? Defaults() : [];
        var inputs = _rooms.InputsAndOutputs.Inputs;
        var outputs = (_rooms.InputsAndOutputs.Outputs ?? []).Select(output => output with { Chain = path.FactOf(output.Value) }).ToArray();
        return new ModuleModel(
            Declaration, _subject.Source, inputs, outputs, path.Items, _rooms.Members.Root,
            _rooms.Policies.UsesAmbient, _rooms.Budget.Stages, !_rooms.Findings.HasFailed)
        {
            DeclaredInputs = _rooms.InputsAndOutputs.DeclaredInputs,
            OpenSizes = _rooms.InputsAndOutputs.OpenSizes,
            InputChains = inputs.Select(path.FactOf).ToArray(),
            Observed = _rooms.Chains.Observed,
            Defaults = defaults,
            FirstError = _rooms.Findings.FirstError,
            Namespace = _subject.Context.NamespaceOf(_subject.Source),
        };
    }

    /// <summary>What only a whole body shows: symbols that nothing tells, no output, and what is never used.</summary>
    private void Finish(BodyPath path)
    {
        var findings = _rooms.Findings;
        if (!_subject.IsBlock && !findings.HasFailed)
            _rooms.InputsAndOutputs.CheckSymbols(path);
        var isBroken = findings.HasFailed || Declaration.Body.Any(statement => statement is ErrorStatement);
        if (_rooms.InputsAndOutputs.Outputs is null && !isBroken)
            findings.Report(DiagnosticCatalogue.NoOutput(_subject.NamePlace, _subject.IsBlock ? "block" : "network", _subject.Name,
                _subject.IsBlock ? "'return' with a value at the end" : "a statement such as 'output logits[N, 10]'"));
        // What is wrong may have been meant to use what seems unused.
        if (!_subject.IsGeneric || isBroken || findings.HasFailed)
            return;
        _rooms.Names.ReportUnused();
        _rooms.Shared.ReportUnused();
        _rooms.Policies.ReportUnused();
    }

    /// <summary>A parameter whose value is not known.</summary>
    private Value SymbolFor(Parameter parameter)
    {
        var name = parameter.Name.Text;
        // A default of another type says what was meant, and its type that it was not said.
        if (DefaultOf(new BodyPath(NormPolicies.Default), parameter) is ErrorValue)
            return ErrorValue.Instance;
        if (parameter.IsList)
            return parameter.Type.Text is "int" or "float"
                ? new ListParameterValue(name, parameter.Type.Text == "float")
                : ErrorValue.Instance;
        return parameter.Type.Text switch
        {
            // An argument may be 0 or less (a flag, an offset), so nothing is taken for granted of it.
            "int" => new SizeValue(Size.Of(new Symbol(name, SymbolKind.Construction, false))),
            "float" => new FloatValue(new NumberSymbol(new Symbol(name, SymbolKind.Construction))),
            "bool" => new BoolValue(new ConditionSymbol(new Symbol(name, SymbolKind.Construction))),
            "norm" => new PolicyValue(new PolicySymbol(new Symbol(name, SymbolKind.Construction)), true, null, PolicyParameters.Affine),
            _ => ErrorValue.Instance,
        };
    }

    private Dictionary<string, Value> Defaults()
    {
        // Defaults come before the body: they see no name of it.
        var path = new BodyPath(NormPolicies.Default);
        var defaults = new Dictionary<string, Value>();
        foreach (var parameter in Declaration.Parameters)
            if (DefaultOf(path, parameter) is { } value)
                defaults[parameter.Name.Text] = value;
        return defaults;
    }

    /// <summary>A parameter's default, of its type, or null where it has none.</summary>
    private Value? DefaultOf(BodyPath path, Parameter parameter) =>
        parameter.Default is not { } value ? null
        // A type that there is not is the mistake.
        : !parameter.HasType ? ErrorValue.Instance
        : _rooms.Arguments.Evaluate(path, value, parameter, _subject.Name);

    /// <summary>The default of a block's parameter; the block's own file reports what is wrong with it.</summary>
    public static Value DefaultOf(ModelContext context, DeclaredModule block, Parameter parameter) =>
        new ModuleChecker(context, block.Declaration, block.Source, false, new DiagnosticBag())
            .DefaultOf(new BodyPath(NormPolicies.Default), parameter)
        ?? ErrorValue.Instance;
}
