using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Vision;

namespace KnDsl.Samples.Detection.Data;

/// <summary>The categories of a network by its labels, and back.</summary>
internal sealed class LabelMap
{
    private readonly Dictionary<long, CocoCategory> categories;
    private readonly Func<CocoCategory, long> labelOf;

    /// <summary>Gives each category a label.</summary>
    /// <param name="categories">The categories.</param>
    /// <param name="kind">What a label is.</param>
    /// <param name="hasBackground">Whether label 0 is the background.</param>
    /// <exception cref="ArgumentException">There is no category.</exception>
    public LabelMap(IReadOnlyList<CocoCategory> categories, LabelKind kind, bool hasBackground)
    {
        if (categories.Count == 0)
            throw new ArgumentException("There is no category.", nameof(categories));
        labelOf = kind == LabelKind.Ids ? category => category.Id : category => category.Label + (hasBackground ? 1 : 0);
        this.categories = categories.ToDictionary(labelOf);
        Classes = checked((int)this.categories.Keys.Max() + 1);
    }

    /// <summary>The classes of a network, the background among them.</summary>
    public int Classes { get; }

    /// <summary>The label of a category.</summary>
    public long LabelOf(CocoCategory category) => labelOf(category);

    /// <summary>The category of a label; null where none has it, as between ids.</summary>
    public CocoCategory? CategoryOf(long label) => categories.GetValueOrDefault(label);
}
