using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;

namespace KnDsl.Language.Plan;

/// <summary>
/// Members whose names only arguments tell apart: <c>conv{w}</c> for the items of a list that has one twice, or beside <c>conv8</c>.
/// </summary>
internal static class SharedNames
{
    /// <summary>What is wrong where another module has the name of this one, or null where none ever has.</summary>
    public static Diagnostic? Of(Member member)
    {
        if (member.Parent is not { IsSequence: false } parent)
            return null;
        // Two names without a number are equal for all arguments or for none: the file itself says so.
        var others = member.HasCount ? parent.Children : parent.ChildrenWithCounts;
        var other = others.FirstOrDefault(sibling =>
                sibling != member && !AreExclusive(member, sibling) && MayBeEqual(member, sibling))
            ?? (member.Repeated is null && member.IsList && !IsCounted(member) ? member : null);
        return other is null ? null : DiagnosticCatalogue.DuplicateLabel(member.Place, member.Path, other.Place);
    }

    private static bool AreExclusive(Member one, Member other) => one.Branches.Any(branch =>
        other.Branches.Any(there => there.If == branch.If && there.Then != branch.Then));

    /// <summary>Whether each turn of the loops around gives the member another name: its numbers count them, one each.</summary>
    private static bool IsCounted(Member member)
    {
        var counts = member.Name.Where(part => part.Count is not null).Select(part => part.Count!).ToArray();
        var areApart = !member.Name.Zip(member.Name.Skip(1), (part, next) => part.Count is not null && next.Count is not null)
            .Any(both => both);
        return areApart && counts.Length == member.Loops.Count && member.Loops.All(loop =>
            counts.Any(count => count.Symbols().All(loop.Variable.Equals) && count.LinearIn(loop.Variable)?.Factor.IsConstant == true));
    }

    private static bool MayBeEqual(Member one, Member other)
    {
        var (name, namesake) = (Characters(one.Name), Characters(other.Name));
        return MayBegin(name, namesake) && MayBegin([.. name.Reverse()], [.. namesake.Reverse()]);
    }

    /// <summary>The characters of a name; a number that is counted is one of its own.</summary>
    private static char[] Characters(IReadOnlyList<NamePart> name) =>
        [.. name.SelectMany(part => part.Count is null ? part.Text : Number.ToString())];

    /// <summary>Stands for the digits of a number, of which there is at least one.</summary>
    private const char Number = '\0';

    /// <summary>Whether two names may begin alike: up to where one has a number, the characters are the same.</summary>
    private static bool MayBegin(IReadOnlyList<char> one, IReadOnlyList<char> other)
    {
        var i = 0;
        while (i < one.Count && i < other.Count && one[i] == other[i] && one[i] != Number)
            i++;
        return i < one.Count && i < other.Count && (one[i] == Number || other[i] == Number)
            && new[] { one[i], other[i] }.All(character => character is Number or '-' || char.IsDigit(character));
    }
}
