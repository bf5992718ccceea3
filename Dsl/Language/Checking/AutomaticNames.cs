using System.Collections.Generic;
using System.Linq;
using System.Text;
using KnDsl.Language.Operations;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;

namespace KnDsl.Language.Checking;

/// <summary>
/// Names for stages without a label: the operation's or block's name, numbered from the second on (<c>conv</c>, <c>conv_2</c>).
/// They follow the order of the text, so that they are the same whichever branches are taken.
/// </summary>
internal static class AutomaticNames
{
    public static IReadOnlyDictionary<TextSpan, string> Of(ModuleDeclaration declaration)
    {
        var calls = new List<(TextSpan Span, string? Name, string? Label)>();
        foreach (var statement in declaration.Body)
            Collect(statement, calls);
        var taken = new HashSet<string>(calls.Where(call => call.Label is not null).Select(call => call.Label!));
        var names = new Dictionary<TextSpan, string>();
        var last = new Dictionary<string, int>();
        foreach (var (span, name, label) in calls)
        {
            if (label is not null || name is null)
                continue;
            var candidate = name;
            var number = last.TryGetValue(name, out var before) ? before : 1;
            while (!taken.Add(candidate))
                candidate = $"{name}_{++number}";
            last[name] = number;
            names[span] = candidate;
        }
        return names;
    }

    private static void Collect(Statement statement, List<(TextSpan, string?, string?)> calls)
    {
        switch (statement)
        {
            case AssignStatement assign:
                Collect(assign.Value, calls);
                break;
            case ReturnStatement result:
                foreach (var value in result.Values)
                    Collect(value, calls);
                break;
            case ModuleStatement module:
                calls.Add((module.Span, null, FirstSegment(module.Label)));
                break;
            case IfStatement branch:
                foreach (var inner in branch.Then.Concat(branch.Else))
                    Collect(inner, calls);
                break;
            case ForStatement loop:
                foreach (var inner in loop.Body)
                    Collect(inner, calls);
                break;
        }
    }

    private static void Collect(Expression expression, List<(TextSpan, string?, string?)> calls)
    {
        switch (expression)
        {
            case PipeExpression chain:
                Collect(chain.Source, calls);
                foreach (var stage in chain.Stages)
                {
                    Add(stage.Span, stage is CallStage call ? call.Call.Callee.Text : "sequence", stage.Label, calls);
                    CollectArguments(stage, calls);
                }
                break;
            case CallExpression call:
                Add(call.Span, call.Call.Callee.Text, call.Label, calls);
                foreach (var argument in call.Call.Arguments)
                    Collect(argument.Value, calls);
                break;
            case OperatorExpression row:
                Collect(row.First, calls);
                foreach (var operand in row.Rest)
                    Collect(operand.Right, calls);
                break;
        }
    }

    private static void CollectArguments(Stage stage, List<(TextSpan, string?, string?)> calls)
    {
        if (stage is CallStage { Call: var call })
            foreach (var argument in call.Arguments)
                Collect(argument.Value, calls);
        else if (stage is SequenceStage sequence)
            foreach (var item in sequence.Items)
                CollectArguments(item.Stage, calls);
    }

    private static void Add(TextSpan span, string callee, Label? label, List<(TextSpan, string?, string?)> calls) =>
        calls.Add((span, SnakeCase(callee), label is null ? null : FirstSegment(label)));

    private static string FirstSegment(Label label) => label.Segments.Count == 0 ? "" : label.Segments[0].ToString();

    /// <summary><c>RetinaHead</c> becomes <c>retina_head</c>, as PyTorch names attributes.</summary>
    public static string SnakeCase(string name)
    {
        if (OperationCatalogue.Find(name) is not null)
            return name;
        var text = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            var starts = char.IsUpper(name[i]) && i > 0 && (!char.IsUpper(name[i - 1]) || i + 1 < name.Length && char.IsLower(name[i + 1]));
            if (starts && name[i - 1] != '_')
                text.Append('_');
            text.Append(char.ToLowerInvariant(name[i]));
        }
        return text.ToString();
    }
}
