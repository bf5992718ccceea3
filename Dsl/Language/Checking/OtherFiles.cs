using System;
using KnDsl.Language.Text;

namespace KnDsl.Language.Checking;

/// <summary>The other files of a project, as far as the one that is checked may need them.</summary>
/// <param name="Text">The text of a path that is imported, or null where there is no such file.</param>
internal sealed record OtherFiles(Func<string, SourceText?> Text)
{
    /// <summary>There are none.</summary>
    public static OtherFiles None { get; } = new(static _ => null);

    /// <summary>The path of the file that may be meant by a path which no file has, or null.</summary>
    public Func<string, string?> Namesake { get; init; } = static _ => null;

    /// <summary>The path of a file that declares a block or an extern module of this name, or null.</summary>
    public Func<string, string?> Declaring { get; init; } = static _ => null;
}
