namespace KnDsl.Vision;

/// <summary>An entry of a file that was left out.</summary>
/// <param name="Entry">The entry, such as <c>annotations[12] (id 34)</c>.</param>
/// <param name="Problem">What is wrong with it.</param>
public sealed record SkippedEntry(string Entry, string Problem)
{
    /// <summary>The entry and what is wrong with it.</summary>
    public override string ToString() => $"{Entry}: {Problem}";
}
