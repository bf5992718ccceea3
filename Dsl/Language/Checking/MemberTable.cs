using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Plan;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>The modules that the checked one holds, by their names.</summary>
internal sealed class MemberTable(Subject subject, Findings findings)
{
    /// <summary>The names that sequences have: their members are numbered.</summary>
    private readonly HashSet<string> _sequences = [];

    /// <summary>The members in the order in which they were made.</summary>
    private readonly List<Member> _made = [];

    /// <summary>Holds all members.</summary>
    public Member Root { get; } = new(null, [], new ModuleType(ModuleLibrary.Block, subject.Name), 0, subject.NamePlace);

    public bool Contains(string path) => _made.Any(member => member.Path == path);

    /// <summary>Makes a name that of a sequence.</summary>
    public void AddSequence(MemberPath name) => _sequences.Add(name.ToString());

    /// <summary>The member of a path, with the groups on the way; null where the name is taken, which is reported.</summary>
    public Member? Add(BodyPath path, MemberPath name, ModuleType type, Place place)
    {
        var parent = Root;
        for (var i = 0; i < name.Segments.Count - 1; i++)
        {
            var existing = parent.Named(Member.TextOf(name.Segments[i])).FirstOrDefault();
            if (existing is { IsGroup: false })
            {
                findings.Report(DiagnosticCatalogue.ConflictingLabel(place, name.ToString(), existing.Path, existing.Place));
                return null;
            }
            if (existing is { Loop: { } loop } && !path.Loops.Any(frame => ReferenceEquals(frame, loop)))
            {
                // Another loop made it, under names that may or may not be those of this one.
                findings.Report(DiagnosticCatalogue.GroupLabel(place, existing.Path, existing.Place));
                return null;
            }
            parent = existing ?? NewGroup(path, parent, name.Segments[i], place, name.Start(i + 1));
        }
        if (parent.Named(Member.TextOf(name.Last)).FirstOrDefault(child => !AreExclusive(path, child.Branches)) is { } taken)
        {
            findings.Report(taken.IsGroup ? DiagnosticCatalogue.GroupLabel(place, taken.Path, taken.Place)
                : taken.Place == place ? DuplicateInLoop(path, place, taken.Path, taken.Place)
                : DiagnosticCatalogue.DuplicateLabel(place, taken.Path, taken.Place));
            return null;
        }
        return NewModule(path, parent, name, type, place);
    }

    private Member NewModule(BodyPath path, Member parent, MemberPath name, ModuleType type, Place place)
    {
        var depth = Math.Max(parent.LoopDepth, path.Loops.Count);
        return AddTo(parent, new Member(parent, name.Last, type, depth, place)
        {
            IsOptional = path.Branches.Count > 0,
            Loops = LoopsBetween(path, parent, depth),
            Branches = path.Branches,
            Loop = depth == 0 ? null : path.Loops[depth - 1],
            Repeated = subject.IsGeneric && depth > parent.LoopDepth ? RepeatedBy(path, parent, name, place) : null,
        });
    }

    private Member NewGroup(BodyPath path, Member parent, IReadOnlyList<NamePart> name, Place place, string text)
    {
        var depth = Math.Max(parent.LoopDepth, name.Max(part => part.Count is null ? 0 : LoopsOf(path, part.Count)));
        return AddTo(parent, new Member(parent, name, null, depth, place)
        {
            IsSequence = _sequences.Contains(text),
            Loops = LoopsBetween(path, parent, depth),
            Branches = path.Branches,
            Loop = depth == 0 ? null : path.Loops[depth - 1],
        });
    }

    private Member AddTo(Member parent, Member member)
    {
        parent.Add(member);
        _made.Add(member);
        return member;
    }

    private static IReadOnlyList<(Symbol Variable, Size From, Size To)> LoopsBetween(BodyPath path, Member parent, int depth) =>
        depth == parent.LoopDepth
        ? []
        : path.Loops.Skip(parent.LoopDepth).Take(depth - parent.LoopDepth).Select(loop => (loop.Variable, loop.From, loop.To)).ToArray();

    /// <summary>
    /// A label that the loops around do not count is of one turn only; how many make it, arguments may decide. What to say
    /// then, for a member that no loop counts; where one does and another does not, a check of the turn is planned.
    /// </summary>
    private Diagnostic? RepeatedBy(BodyPath path, Member parent, MemberPath name, Place place)
    {
        var counts = name.Last.Where(part => part.Count is not null).SelectMany(part => part.Count!.Symbols()).ToArray();
        var loops = path.Loops.Skip(parent.LoopDepth).ToArray();
        if (counts.Any(symbol => path.Loops.All(loop => !loop.Variable.Equals(symbol)) && !subject.HasParameter(symbol.Name)))
            return null;
        if (!loops.Any(loop => counts.Contains(loop.Variable)))
            return DuplicateInLoop(path, place, name.ToString(), place);
        // Where an if inside the loop decides, one turn may be the only one that comes here.
        foreach (var loop in loops)
            if (!counts.Contains(loop.Variable) && loop.Branches == path.Branches.Count && !((loop.To - loop.From).Maximum() <= 1))
            {
                var repeated = DuplicateInLoop(path, place, name.ToString(), place);
                path.Items.Add(new SizesCheck(Size.Of(loop.Variable), Relation.SameTurn, loop.From, repeated));
            }
        return null;
    }

    private static Diagnostic DuplicateInLoop(BodyPath path, Place place, string name, Place first) =>
        DiagnosticCatalogue.DuplicateLabel(place, name, first).WithHint(HintToNumber(path, place));

    /// <summary>How a label, as the file has it, counts the innermost loop that it does not count yet.</summary>
    private static string? HintToNumber(BodyPath path, Place place)
    {
        // A stage without a label has one of the sequence around it.
        if (!place.Text.Content.Skip(place.Span.End).SkipWhile(c => c is ' ' or '\t').Take(1).Contains(':'))
            return null;
        var label = place.Text.Slice(place.Span);
        var counted = new HashSet<string>(label.Split('{').Skip(1).SelectMany(part => WordsOf(part.Split('}')[0])));
        if (path.Variables.LastOrDefault(variable => !counted.Contains(variable.Name)) is not { Name: var name } loop)
            return null;
        if (loop.IsItem)
            return $"'{name}' may be the same in several iterations: go through 0..list.count, and number the label by that.";
        var end = label.EndsWith("\"") ? label.Length - 1 : label.Length;
        var number = $"{(label[Math.Max(0, end - 1)] == '}' ? "_" : "")}{{{name}}}";
        return $"Number it, as in '{label.Insert(end, number)}', so that each iteration has its own.";
    }

    private static IEnumerable<string> WordsOf(string expression) =>
        string.Concat(expression.Select(c => char.IsLetterOrDigit(c) || c == '_' ? c : ' ')).Split(' ');

    /// <summary>Whether a member of those branches never exists together with one of this path.</summary>
    private static bool AreExclusive(BodyPath path, IReadOnlyList<(Place If, bool Then)> branches) =>
        branches.Any(branch => path.Branches.Any(here => here.If == branch.If && here.Then != branch.Then));

    /// <summary>How many of the loops around a number counts in: a group that an outer loop counts is outside of the inner ones.</summary>
    private int LoopsOf(BodyPath path, Size count)
    {
        var depth = 0;
        foreach (var symbol in count.Symbols())
        {
            var loop = path.Loops.Count;
            while (loop > 0 && !path.Loops[loop - 1].Variable.Equals(symbol))
                loop--;
            depth = Math.Max(depth, loop > 0 ? loop : subject.HasParameter(symbol.Name) ? 0 : path.Loops.Count);
        }
        return depth;
    }

    /// <summary>The members so far: <see cref="Forget"/> goes back to them.</summary>
    public int Mark() => _made.Count;

    /// <summary>
    /// Forgets the members that a turn of a loop made which is planned anew. A shared module that it was the first to apply stays
    /// made: it was declared outside, and the next turn applies it again.
    /// </summary>
    public void Forget(int mark)
    {
        for (var i = _made.Count - 1; i >= mark; i--)
            _made[i].Parent!.RemoveLast();
        _made.RemoveRange(mark, _made.Count - mark);
    }
}
