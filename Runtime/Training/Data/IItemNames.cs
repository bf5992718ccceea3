namespace KnDsl.Training;

/// <summary>A data set that can name the file of an item, for messages.</summary>
public interface IItemNames
{
    /// <summary>The file of an item; for an entry of an archive the archive and the entry.</summary>
    /// <param name="index">The item.</param>
    public string NameOf(long index);
}
