namespace KnDsl.Training;

/// <summary>How large an image may be. What is larger is refused before memory is taken for its pixels.</summary>
public sealed record ImageLimits
{
    private readonly int maxSide = 16_384;
    private readonly long maxPixels = 100_000_000;
    private readonly long maxBytes = 256L << 20;

    /// <summary>Pixels of the longer side, at most. 16,384 if not set.</summary>
    public int MaxSide { get => maxSide; init => maxSide = (int)Setting.AtLeastOne(value); }

    /// <summary>Pixels in all, at most. 100 million if not set, which take 400 MB while they are read.</summary>
    public long MaxPixels { get => maxPixels; init => maxPixels = Setting.AtLeastOne(value); }

    /// <summary>Bytes of the file, at most. 256 MiB if not set.</summary>
    public long MaxBytes { get => maxBytes; init => maxBytes = Setting.AtLeastOne(value); }
}
