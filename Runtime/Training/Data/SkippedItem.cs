namespace KnDsl.Training;

/// <summary>An item that was skipped.</summary>
/// <param name="Index">The item.</param>
/// <param name="Message">The name of its file, and what is wrong with it.</param>
public sealed record SkippedItem(long Index, string Message);
