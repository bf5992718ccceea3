namespace KnDsl.Vision;

/// <summary>What is done with an entry of a file that cannot be used.</summary>
public enum BadEntries
{
    /// <summary>A <see cref="CocoException"/> names the first of them.</summary>
    Fatal,

    /// <summary>Each is left out and listed. An annotation of an image or a category that is left out is left out with it.</summary>
    Skip,
}
