namespace KnDsl.Vision;

/// <summary>A category of a set.</summary>
/// <param name="Id">Its number in the json; COCO's 80 categories have numbers from 1 to 90.</param>
/// <param name="Name">Its name.</param>
/// <param name="Supercategory">The name of the group that it belongs to; null where the json names none.</param>
/// <param name="Label">Its number for a network: without gaps, from 0.</param>
public sealed record CocoCategory(long Id, string Name, string? Supercategory, int Label);
