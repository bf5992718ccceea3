namespace KnDsl.Training;

/// <summary>What a loader does with an item whose file is damaged or missing.</summary>
public enum DamagedItems
{
    /// <summary>It throws the <see cref="DamagedFileException"/>.</summary>
    Fatal,

    /// <summary>
    /// It counts and lists the item, and reads the next item of the data set in its place. A batch that is an
    /// <see cref="ReplacedItems"/> says which these are: an evaluation leaves them out.
    /// </summary>
    Skip,
}
