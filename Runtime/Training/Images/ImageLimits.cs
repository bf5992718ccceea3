using System;
using System.Globalization;

namespace KnDsl.Training;

/// <summary>How large an image may be. What is larger is refused before memory is taken for its pixels.</summary>
public sealed record ImageLimits
{
    private readonly int maxSide = 16_384;
    private readonly long maxPixels = 100_000_000;
    private readonly long maxBytes = 256L << 20;

    /// <summary>Pixels of the longer side, at most. 16,384 if not set.</summary>
    public int MaxSide { get => maxSide; init => maxSide = (int)Setting.AtLeastOne(value, nameof(MaxSide)); }

    /// <summary>Pixels in all, at most. 100 million if not set, which take 400 MB while they are read.</summary>
    public long MaxPixels { get => maxPixels; init => maxPixels = Setting.AtLeastOne(value, nameof(MaxPixels)); }

    /// <summary>Bytes of the file, at most. 256 MiB if not set; at most what an array can hold.</summary>
    public long MaxBytes
    {
        get => maxBytes;
        init => maxBytes = value <= Array.MaxLength ? Setting.AtLeastOne(value, nameof(MaxBytes))
            : throw Setting.OutOfRange(nameof(MaxBytes), value, $"must be at most {Array.MaxLength}");
    }

    /// <summary>What is wrong with a file of so many bytes; null if it is not too large.</summary>
    internal string? Refuse(long bytes) => bytes <= MaxBytes ? null : string.Create(
        CultureInfo.InvariantCulture, $"is too large: it has {bytes:N0} bytes, and may have {MaxBytes:N0}");
}
