namespace KnDsl.Training;

/// <summary>Items that can be read in any order.</summary>
/// <typeparam name="TItem">One item: an image with its label, an image with its boxes, a text.</typeparam>
public interface IDataset<out TItem>
{
    /// <summary>The number of items.</summary>
    public long Count { get; }

    /// <summary>
    /// Reads an item. Several threads call this at a time, so it changes nothing, and makes no tensors: it works on memory of .NET.
    /// </summary>
    /// <param name="index">The item, from 0 and less than <see cref="Count"/>.</param>
    /// <param name="random">Random numbers of this item in this epoch; all that is random comes from them.</param>
    /// <exception cref="DamagedFileException">
    /// The item's file cannot be used. A <see cref="DataLoader{TItem, TBatch}"/> can skip it.
    /// </exception>
    public TItem Get(long index, ItemRandom random);
}
