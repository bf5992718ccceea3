using System.Collections.Generic;

namespace KnDsl.Vision;

/// <summary>Takes what is wrong with the entries of a file: the first is thrown, or all are listed.</summary>
/// <param name="path">The file.</param>
/// <param name="bad">What is done with them.</param>
internal sealed class EntryProblems(string path, BadEntries bad)
{
    private readonly List<SkippedEntry> skipped = [];

    /// <summary>What was left out, in the order in which it was found.</summary>
    public IReadOnlyList<SkippedEntry> Skipped => skipped;

    /// <summary>Takes a problem.</summary>
    /// <exception cref="CocoException">Bad entries are fatal.</exception>
    public void Add(string entry, string problem)
    {
        if (bad == BadEntries.Fatal)
            throw new CocoException(path, problem, entry);
        skipped.Add(new(entry, problem));
    }
}
