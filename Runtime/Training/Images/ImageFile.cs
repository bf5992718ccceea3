using System;
using System.Globalization;

namespace KnDsl.Training;

/// <summary>The bytes of one image, with the name that messages call it by.</summary>
internal readonly ref struct ImageFile(ReadOnlySpan<byte> bytes, string path, string? entry)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public DamagedFileException Damaged(string problem, Exception? cause = null) => new(path, problem, entry, cause);

    /// <summary>The file ends too early.</summary>
    public DamagedFileException CutOff(string before) => Damaged(string.Create(
        CultureInfo.InvariantCulture, $"is cut off: it has {Bytes.Length:N0} bytes and ends before {before}"));
}
