using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;
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
    /// <exception cref="SettingsException">Labels are ids, and one is that of the background, or no label at all.</exception>
    public LabelMap(IReadOnlyList<CocoCategory> categories, LabelKind kind, bool hasBackground)
    {
        var least = hasBackground ? 1 : 0;
        if (kind == LabelKind.Ids && categories.FirstOrDefault(of => of.Id < least || of.Id >= int.MaxValue) is { } other)
        {
            throw new SettingsException(
                $"--labels is ids, and '{other.Name}' has the id {other.Id}: expected ids from {least} on{(hasBackground
                    ? ", since label 0 is the background" : "")}, or --labels places.");
        }
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
