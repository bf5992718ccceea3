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

    /// <summary>Every two members of a group are compared, so that this must be quick.</summary>
    private static bool MayBeEqual(Member one, Member other) =>
        MayBegin(one.Pattern, other.Pattern, false) && MayBegin(one.Pattern, other.Pattern, true);

    /// <summary>Whether two names may begin, or end, alike: up to where one has a number, the characters are the same.</summary>
    private static bool MayBegin(string one, string other, bool fromEnd)
    {
        var length = System.Math.Min(one.Length, other.Length);
        for (var i = 0; i < length; i++)
        {
            var (a, b) = fromEnd ? (one[one.Length - 1 - i], other[other.Length - 1 - i]) : (one[i], other[i]);
            if (a != b || a == Member.Number)
                return (a == Member.Number || b == Member.Number) && IsOfNumber(a) && IsOfNumber(b);
        }
        return false;
    }

    private static bool IsOfNumber(char character) => character is Member.Number or '-' || char.IsDigit(character);
}
