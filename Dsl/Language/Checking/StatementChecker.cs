using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>Statements, one after the other.</summary>
internal sealed class StatementChecker(Rooms rooms)
{
    private Findings Findings => rooms.Findings;

    private Place At(TextSpan span) => rooms.Subject.At(span);

    /// <summary>A whole body, which a statement of its own ends.</summary>
    public void CheckBody(BodyPath path)
    {
        foreach (var statement in rooms.Subject.Declaration.Body)
        {
            if (rooms.InputsAndOutputs.End is { } end && statement is not (ErrorStatement or OutputStatement))
            {
                Findings.Report(DiagnosticCatalogue.AfterReturn(At(statement.Span), rooms.Subject.IsBlock ? "return" : "output", end));
                return;
            }
            Check(path, statement, true);
        }
    }

    /// <summary>The statements of a branch or a loop.</summary>
    public void Check(BodyPath path, IReadOnlyList<Statement> statements)
    {
        foreach (var statement in statements)
            Check(path, statement, false);
    }

    private void Check(BodyPath path, Statement statement, bool isTop)
    {
        switch (statement)
        {
            case InputStatement input:
                rooms.InputsAndOutputs.Check(path, input, isTop);
                break;
            case OutputStatement output:
                rooms.InputsAndOutputs.Check(path, output, isTop);
                break;
            case ReturnStatement result:
                rooms.InputsAndOutputs.Check(path, result, isTop);
                break;
            case NormStatement norm:
                if (rooms.Policies.Evaluate(path, norm.Policy) is { } policy)
                    path.Policy = rooms.Policies.Set(policy, norm);
                break;
            case AssignStatement assign:
                Check(path, assign);
                break;
            case ModuleStatement module:
                rooms.Shared.Declare(path, module);
                break;
            case IfStatement branch:
                rooms.Branches.Check(path, branch);
                break;
            case ForStatement loop:
                rooms.Loops.Check(path, loop);
                break;
            case ErrorStatement error:
                PassOver(path, error, isTop);
                break;
        }
    }

    private void PassOver(BodyPath path, ErrorStatement error, bool isTop)
    {
        Findings.Suppress();
        var text = rooms.Subject.Source.Slice(error.Span);
        bool Begins(string word) => text.StartsWith(word, StringComparison.Ordinal);
        // An input that cannot be read declares sizes that nobody knows; so does one that gives its value no name.
        rooms.Names.LacksNames |= Begins("input") || Begins("=") || !text.Contains("=") && (text.Contains("->") || text.Contains("["));
        foreach (var target in error.Targets)
            path.Scope.Set(target.Text, ErrorValue.Instance);
        if (isTop && (Begins("output") || Begins("return")))
            rooms.InputsAndOutputs.AssumeOutputs();
    }

    private void Check(BodyPath path, AssignStatement statement)
    {
        var (targets, first) = (statement.Targets, statement.Targets[0]);
        if (statement.Value is NameExpression { Name: "norm" } && ParameterOf(first) is { Type.Text: "norm" } policy)
        {
            Findings.Report(DiagnosticCatalogue.DuplicateDeclaration(At(first.Span), "parameter", first.Text, At(policy.Name.Span))
                .WithHint($"Write 'norm = {first.Text}' to use it."));
            return;
        }
        var values = rooms.Expressions.EvaluateAll(path, statement.Value, targets.Count == 1 ? first.Text : null);
        if (values.Count != targets.Count && !values.Any(value => value is ErrorValue))
        {
            Findings.Report(DiagnosticCatalogue.ValueCount(At(statement.Value.Span), "The right side", targets.Count, values.Count)
                .WithHint(values.Count > 1 ? null : "Blocks and split give several values; otherwise write a statement for each name."));
            values = Findings.NoValues;
        }
        for (var i = 0; i < targets.Count; i++)
            Assign(path, targets[i], values.Count == targets.Count ? values[i] : ErrorValue.Instance, statement);
    }

    private void Assign(BodyPath path, Name target, Value value, AssignStatement statement)
    {
        if (value is WordValue)
            value = Findings.Fail(
                DiagnosticCatalogue.ValueType(
                    At(statement.Value.Span), $"'{target.Text}'", "a tensor, a number, a condition or a list", "text"));
        if (ParameterOf(target) is { } parameter)
        {
            Findings.Report(DiagnosticCatalogue.DuplicateDeclaration(At(target.Span), "parameter", target.Text, At(parameter.Name.Span)));
            // Whichever of the two is meant after this line: the name is wrong already.
            path.Scope.Set(target.Text, ErrorValue.Instance);
            return;
        }
        if (path.Variables.LastOrDefault(variable => variable.Name == target.Text) is { } loop)
        {
            Findings.Report(DiagnosticCatalogue.DuplicateDeclaration(At(target.Span), "variable", target.Text, loop.Place)
                .WithHint("A loop sets its variable itself: compute with another name."));
            return;
        }
        if (value is SizeValue { Size: { IsConstant: true } number } && path.Scope.Find(target.Text) is { Value: SizeValue size } declared
            && size.Size.Symbols().Any(symbol => symbol.Kind == SymbolKind.Data && symbol.Name == target.Text))
        {
            var first = At(declared.Targets.DefaultIfEmpty(target.Span).First());
            Findings.Report(
                DiagnosticCatalogue.DuplicateDeclaration(At(target.Span), "size", target.Text, first)
                    .WithHint($"'{target.Text}' is what the data has: for {number} only, write {number} in the input."));
            return;
        }
        // One of several results that nobody wants: no value has the name.
        if (target.Text == NameTable.Discard && statement.Targets.Count > 1)
            return;
        if (value is not ErrorValue)
            rooms.Names.Assign(target, statement.Targets.Count > 1);
        path.Scope.Set(target.Text, new Binding(value, [target.Span]));
    }

    private Parameter? ParameterOf(Name name) => rooms.Subject.Declaration.ParameterOf(name.Text);
}
