using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Plan;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations;
using KnDsl.Language.Parsing;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>Reads names, and knows which were set and never read.</summary>
internal sealed class NameTable(Subject subject, Findings findings)
{
    private readonly HashSet<TextSpan> _used = [];
    private readonly List<(Name Name, bool IsOneOfSeveral)> _assigned = [];

    /// <summary>Whether a statement that sets names could not be read: a name that is not known may be one of them.</summary>
    public bool LacksNames { get; set; }

    /// <summary>A parameter or an input of the header; it is to be used as every value is.</summary>
    public void Declare(BodyPath path, Name name, Value value)
    {
        if (!ReservedNames.Contains(name.Text))
            Assign(name);
        // A second one of the name is reported already: whatever uses the name uses both.
        path.Scope.Set(name.Text, new Binding(value, [.. path.Scope.Find(name.Text)?.Targets ?? [], name.Span]));
    }

    /// <summary>Expects a name that is set here to be read.</summary>
    /// <param name="isOneOfSeveral">Whether its statement sets others too, so that it cannot be removed.</param>
    public void Assign(Name name, bool isOneOfSeveral = false) => _assigned.Add((name, isOneOfSeveral));

    public void Use(Binding binding)
    {
        foreach (var target in binding.Targets)
            _used.Add(target);
    }

    /// <summary>The value of a name, or an error.</summary>
    public Value Lookup(BodyPath path, string name, TextSpan span)
    {
        if (path.Scope.Find(name) is { } binding)
        {
            if (binding.UndecidedAt is { } place)
                return !LacksNames && subject.Context.IsFirstUse(subject.Declaration, name, span)
                    ? findings.Fail(DiagnosticCatalogue.UndecidedValue(subject.At(span), name, place))
                    : findings.Suppress();
            Use(binding);
            return binding.Value switch
            {
                ErrorValue => findings.Suppress(),
                ModuleValue module => findings.Fail(DiagnosticCatalogue.ValueType(subject.At(span), "This", "a value", module.Describe())
                    .WithHint($"Apply it: value -> {name}.")),
                var value => value,
            };
        }
        if (name is "true" or "false")
            return new BoolValue(name == "true");
        // Once a declaration is enough for a name that it lacks.
        return LacksNames || !subject.Context.IsFirstUse(subject.Declaration, name, span)
            ? findings.Suppress()
            : findings.Fail(DiagnosticCatalogue.UnknownName(subject.At(span), name).WithHint(HintFor(path, name, span)));
    }

    private string? HintFor(BodyPath path, string name, TextSpan span)
    {
        if (name == Discard)
            return "It is a result that nobody wants: give it another name to read it.";
        if (name is "None" or "null" or "nil" or "undefined")
            return $"There is no '{name}': leave the argument or the stage out.";
        if (subject.Declaration.ParameterOf(name) is not null && path.Scope.Find(name) is null)
            return "A default cannot name another parameter: give the parameter a number, and compute in the body.";
        var line = LineThatSets(name);
        if (line is null && Calls.Labelled(subject.Declaration.Body, name) is not null && path.Scope.Find(name) is null)
            return $"'{name}' is the label of a stage, not a value: end the statement after that, and name its result: y = value -> stage.";
        if (line is null && Spelling.Hint(name, path.Scope.Names.Concat(["true", "false"])) is { } hint)
            return hint;
        if (subject.FindOperation(name) is { InputCount: not 1 } operation)
            return $"Write {operation.Example}.";
        if (subject.FindOperation(name) is not null || subject.File.Visible.ContainsKey(name))
            return $"'{name}' is a stage: write value -> {name}.";
        if (line is null && subject.IsBlock && subject.File.Syntax.Modules.SelectMany(module => module.Parameters)
                .FirstOrDefault(parameter => parameter.Name.Text == name) is { } elsewhere)
            return $"A block sees its own parameters only: add '{name}: {elsewhere.TypeText}' to them, "
                + "and give it where the block is used.";
        return line is null ? null
            : line == subject.At(span).Line && path.Turns.Count + path.Loops.Count > 0
                ? "It has no value in the first turn of the loop: set it before."
            : $"It is only set on line {line}.";
    }

    /// <summary>The line of the module's body that sets a name, for one that is read before.</summary>
    private int? LineThatSets(string name) => subject.Declaration.Body.SelectMany(statement => statement is InputStatement inputs
            ? inputs.Values.Select(input => input.Name) : statement.Sets)
        .FirstOrDefault(target => target.Text == name) is { } later ? subject.At(later.Span).Line : null;

    /// <summary>The statement of the module's body that declares a shared module, for one that is applied before.</summary>
    private ModuleStatement? Declares(string name) =>
        subject.Declaration.Body.OfType<ModuleStatement>().FirstOrDefault(statement => statement.Name.Text == name);

    /// <summary>The name of a result that nobody wants.</summary>
    public const string Discard = "_";

    /// <summary>Reports that nothing has the name of a stage, unless a mistake that is reported already explains it.</summary>
    public void ReportUnknownStage(BodyPath path, Call call)
    {
        var callee = call.Callee;
        var (name, file, scope) = (callee.Text, subject.File, path.Scope);
        var operations = OperationCatalogue.All.Select(operation => operation.Name).ToArray();
        // Blocks have capitals: one that is not known may be in what could not be read. A block or module that is missing is one
        // mistake wherever it is used; an operation is misspelt each time.
        if (file.Unusable.Contains(name) || scope.Find(name)?.Value is ErrorValue || file.LacksNames && char.IsUpper(name[0])
            || ForeignNames.HintOrNearest(name, operations) is null && !subject.Context.IsFirstUse(subject.Source, name, callee.Span))
        {
            findings.Suppress();
            return;
        }
        var known = operations
            .Concat(file.Visible.Where(pair => pair.Value.Declaration.Kind == ModuleKind.Block).Select(pair => pair.Key))
            .Concat(file.Externs.Keys)
            .Concat(scope.NamesOf<ModuleValue>()).ToArray();
        findings.Report(DiagnosticCatalogue.UnknownStage(subject.At(callee.Span), name).WithHint(
            NormPolicies.Find(name) is not null
                ? $"It is a policy: write norm({subject.At(call.Span).OneLine()}{(call.HasParentheses ? "" : "()")})."
            : Calls.Labelled(subject.Declaration.Body, name) is { } stage
                ? $"'{name}' is the label of one stage. To apply it twice write "
                    + $"'module {name} = {subject.At(stage.Span).OneLine()}' before, and '-> {name}' in both places."
            : Declares(name) is { } later ? $"It is only declared on line {subject.At(later.Span).Line}: move that before."
            : scope.Find(name)?.Value is TensorValue && IsLabelled(callee.Span)
                ? $"A label comes before its stage, after the value: {name} -> label: stage."
            : scope.Find(name)?.Value is { } value ? HintForValue(name, value)
            : subject.Context.ImportOf(name, subject.Source) is { } import
                ? $"It is declared in another file: write import \"{import}\" before the first declaration."
            : ForeignNames.HintOrNearest(name, known)));
    }

    /// <summary>Whether a colon comes right before.</summary>
    private bool IsLabelled(TextSpan span) => subject.Source.Content.Substring(0, span.Start).TrimEnd().EndsWith(":");

    /// <summary>What may be meant by the name of a value that is written as a stage.</summary>
    private static string HintForValue(string name, Value value) => value switch
    {
        TensorValue => $"'{name}' is a value, not a stage: join values with '+', '-', '*' or concat(a, {name}).",
        PolicyValue => $"It is a policy: write norm({name}).",
        BoolValue => $"'{name}' is a condition, not a stage: write stage if {name}.",
        ListValue or ListParameterValue => $"'{name}' is a list, not a stage.",
        _ => $"'{name}' is a number, not a stage; a number of times comes after the stage: [ stage * {name} ].",
    };

    public void ReportUnused()
    {
        foreach (var (name, isOneOfSeveral) in _assigned)
            if (!_used.Contains(name.Span))
                findings.Report(DiagnosticCatalogue.UnusedValue(subject.At(name.Span), name.Text, isOneOfSeveral ? Discard : null)
                    .WithHint(subject.Declaration.Parameters.Any(parameter => parameter.Name.Span == name.Span
                        && parameter.Type.Text == "norm")
                        ? $"Write 'norm = {name.Text}' for the norms to use it." : null));
    }
}
