using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Plan;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>The names of a module from the one that is checked down: the segments of a label, each of text and counted parts.</summary>
internal sealed class MemberPath(IReadOnlyList<IReadOnlyList<NamePart>> segments)
{
    public IReadOnlyList<IReadOnlyList<NamePart>> Segments => segments;

    public IReadOnlyList<NamePart> Last => segments[segments.Count - 1];

    /// <summary>Whether no part of a name is counted.</summary>
    public bool IsFixed => segments.All(segment => segment.All(part => part.Count is null));

    public static MemberPath Of(NamePart name) => new([[name]]);

    /// <summary>A member of a group by its number.</summary>
    public MemberPath Then(Size number) => new([.. segments, [Counted(number)]]);

    /// <summary>A number as a part of a name: text where it is known.</summary>
    public static NamePart Counted(Size count) => count.Value is { } known ? new NamePart(known.ToString(), null) : new NamePart("", count);

    /// <summary>The first segments, as text.</summary>
    public string Start(int count) => string.Join(".", segments.Take(count).Select(Member.TextOf));

    public override string ToString() => Start(segments.Count);
}
