using System.Collections.Generic;

namespace KnDsl.Vision;

/// <summary>What a file of annotations says, entry by entry, before entries are looked for that others name.</summary>
internal sealed class AnnotationFile
{
    /// <summary>The names of the lists in the json.</summary>
    public const string ImageList = "images", CategoryList = "categories", AnnotationList = "annotations";

    /// <summary>The images.</summary>
    public List<ImageEntry> Images { get; } = [];

    /// <summary>The categories.</summary>
    public List<CategoryEntry> Categories { get; } = [];

    /// <summary>The annotations.</summary>
    public List<AnnotationEntry> Annotations { get; } = [];

    /// <summary>Entries that cannot be read.</summary>
    public List<UnreadableEntry> Unreadable { get; } = [];

    /// <summary>An image.</summary>
    /// <param name="Index">Its place in the list of the json.</param>
    /// <param name="Image">What the json says.</param>
    public readonly record struct ImageEntry(int Index, CocoImage Image);

    /// <summary>A category.</summary>
    /// <param name="Index">Its place in the list of the json.</param>
    /// <param name="Id">Its number in the json.</param>
    /// <param name="Name">Its name.</param>
    /// <param name="Supercategory">The name of its group, if there is one.</param>
    public readonly record struct CategoryEntry(int Index, long Id, string Name, string? Supercategory);

    /// <summary>An annotation.</summary>
    /// <param name="Index">Its place in the list of the json.</param>
    /// <param name="Id">Its number in the json.</param>
    /// <param name="ImageId">The number of its image.</param>
    /// <param name="CategoryId">The number of its category.</param>
    /// <param name="Box">Its box.</param>
    /// <param name="Area">Its area.</param>
    /// <param name="IsCrowd">Whether it is a crowd.</param>
    /// <param name="Segmentation">Its outline, if there is one.</param>
    public readonly record struct AnnotationEntry(
        int Index, long Id, long ImageId, long CategoryId, CocoBox Box, double Area, bool IsCrowd, CocoSegmentation? Segmentation);

    /// <summary>An entry that cannot be read.</summary>
    /// <param name="List">The name of its list in the json.</param>
    /// <param name="Index">Its place in the list.</param>
    /// <param name="Id">Its number in the json, if that could be read.</param>
    /// <param name="Problem">What is wrong with it.</param>
    public readonly record struct UnreadableEntry(string List, int Index, long? Id, string Problem);
}
