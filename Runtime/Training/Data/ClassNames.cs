using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Training;

/// <summary>Compares the classes of two data sets, of which labels are to mean the same.</summary>
internal static class ClassNames
{
    /// <summary>Checks that classes are those of another data set.</summary>
    /// <param name="path">The folder or archive that is checked.</param>
    /// <param name="found">Its classes.</param>
    /// <param name="expected">The classes of the other; null if any will do.</param>
    /// <exception cref="DatasetException">They differ.</exception>
    public static void Check(string path, IReadOnlyList<string> found, IReadOnlyList<string>? expected)
    {
        if (expected is null || found.SequenceEqual(expected))
            return;
        var missing = expected.Except(found).FirstOrDefault();
        var other = found.Except(expected).FirstOrDefault();
        throw new DatasetException(path, $"its {found.Count} classes are not the {expected.Count} expected"
            + (missing is null ? "" : $": '{missing}' is missing")
            + (other is null ? "" : $"{(missing is null ? ":" : ",")} '{other}' is not expected")
            + ", so that labels would mean other classes");
    }
}
