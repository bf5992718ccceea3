using System.Collections.Generic;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>The names of modules as labels say them or, where there is none, as their stages do.</summary>
internal sealed class LabelNames(Rooms rooms)
{
    private IReadOnlyDictionary<TextSpan, string>? _automatic;
    private int _unreadable;

    /// <summary>The names of a stage's module from the checked module down: its label's segments, or its automatic name.</summary>
    public MemberPath Of(BodyPath path, Stage stage) => Of(path, stage.Label, stage.Span);

    /// <summary>The same for what has the span as its own.</summary>
    public MemberPath Of(BodyPath path, Label? label, TextSpan span)
    {
        if (label is not null)
        {
            if (NamesOf(path, label) is { } names)
                return new MemberPath(names);
            var place = rooms.Subject.At(label.Span);
            rooms.Findings.Report(
                DiagnosticCatalogue.ExpectedToken(place, "a name on both sides of every dot of a label", place.OneLine()));
            return MemberPath.Of(Unreadable());
        }
        _automatic ??= rooms.Subject.Context.AutomaticNamesOf(rooms.Subject.Declaration);
        var name = MemberPath.Of(new NamePart(_automatic.TryGetValue(span, out var automatic) ? automatic : "stage", null));
        // In a loop the turns tell the modules apart.
        foreach (var turn in path.Turns)
        {
            rooms.Members.AddSequence(name);
            name = name.Then(turn);
        }
        return name;
    }

    /// <summary>The segments of a label, or null where one of them is empty.</summary>
    private IReadOnlyList<NamePart>[]? NamesOf(BodyPath path, Label label)
    {
        foreach (var segment in label.Segments)
            if (segment.Parts.Count == 0)
                return null;
        var names = new IReadOnlyList<NamePart>[label.Segments.Count];
        for (var i = 0; i < names.Length; i++)
        {
            var parts = new NamePart[label.Segments[i].Parts.Count];
            for (var j = 0; j < parts.Length; j++)
                parts[j] = PartOf(path, label.Segments[i].Parts[j]);
            names[i] = parts;
        }
        return names;
    }

    /// <summary>A name of which something is wrong: it is no other's, so that nothing follows from it.</summary>
    private NamePart Unreadable() => new($"?{_unreadable++}", null);

    private NamePart PartOf(BodyPath path, LabelPart part)
    {
        if (part.Count is not { } count)
            return new NamePart(part.Text, null);
        var place = rooms.Subject.At(count.Span);
        var value = count is ErrorExpression ? null : rooms.Expressions.Evaluate(path, count);
        switch (value)
        {
            case SizeValue size when rooms.Requirements.RequireKnown(size, place, "label", "number"):
                return MemberPath.Counted(size.Size);
            case SizeValue or ErrorValue:
                return Unreadable();
            default:
                rooms.Findings.Report(
                    DiagnosticCatalogue.ValueType(place, "The number in a label", "a whole number",
                    value?.Describe() ?? $"'{place.OneLine()}'"));
                return Unreadable();
        }
    }
}
