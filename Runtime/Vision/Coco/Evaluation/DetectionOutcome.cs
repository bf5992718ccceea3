namespace KnDsl.Vision;

/// <summary>What became of a detection, for each area and IoU threshold one bit.</summary>
/// <param name="Score">Its score.</param>
/// <param name="Rank">Its place among those of its category in its image, from 0.</param>
/// <param name="Matched">Where it is a detection of an object.</param>
/// <param name="Ignored">Where it does not count: the object does not, or it is one of no object and of another size.</param>
internal readonly record struct DetectionOutcome(double Score, int Rank, ulong Matched, ulong Ignored)
{
    /// <summary>The bit of an area and a threshold.</summary>
    public static ulong Bit(int area, int threshold) => 1UL << (area * CocoParameters.IouThresholds.Count + threshold);
}
