using System.Linq;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>A batch that knows which of its items a loader read in the place of damaged ones.</summary>
public interface IReplacedItems
{
    /// <summary>Those items.</summary>
    public ReplacedItems Replaced { get; }
}

/// <summary>
/// The items of a batch that a loader read in the place of damaged ones (<see cref="DamagedItems.Skip"/>). Such an item comes again in a
/// place of its own: a training may take it twice, an evaluation would count it twice.
/// </summary>
/// <param name="count">The number of items of the batch.</param>
public sealed class ReplacedItems(int count)
{
    private readonly bool[] _places = new bool[count];

    /// <summary>Whether the item at a place, from 0, was read in the place of a damaged one.</summary>
    public bool Contains(int place) => _places[place];

    /// <summary>Called by reading threads, for different places at a time.</summary>
    internal void Add(int place) => _places[place] = true;

    /// <summary>The rows of a tensor that are of items in their own places.</summary>
    /// <param name="rows">A row for each item of the batch: its labels, say, or what the network says of it.</param>
    /// <returns>A new tensor, or an alias where no item was replaced.</returns>
    public Tensor Without(Tensor rows)
    {
        long[] own = [.. Enumerable.Range(0, (int)rows.size(0)).Where(place => !_places[place])];
        if (own.Length == rows.size(0))
            return rows.alias();
        using var places = tensor(own, [own.Length], device: rows.device);
        return rows.index_select(0, places);
    }
}
