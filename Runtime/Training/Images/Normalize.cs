using System;
using System.Linq;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace KnDsl.Training;

/// <summary>
/// Turns an image into the values that a network sees: level / 255, less the mean of its channel, over its standard deviation; first
/// all of red, then green, then blue, each row after row.
/// </summary>
public sealed class Normalize
{
    private const int Channels = 3;

    private readonly float[] factors;
    private readonly float[] offsets;

    /// <summary>Means and standard deviations of red, green and blue.</summary>
    /// <param name="mean">Three means of levels from 0 to 1.</param>
    /// <param name="std">Three standard deviations, above 0.</param>
    /// <exception cref="ArgumentException">There are not three of each.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A mean is not finite, or a standard deviation is not above 0.</exception>
    public Normalize(ReadOnlySpan<double> mean, ReadOnlySpan<double> std)
    {
        if (mean.Length != Channels || std.Length != Channels)
            throw new ArgumentException($"There are {mean.Length} means and {std.Length} standard deviations, but the channels are three.");
        foreach (var value in mean)
        {
            if (!double.IsFinite(value))
                throw Setting.OutOfRange(nameof(mean), value, "must be finite");
        }
        foreach (var value in std)
            Setting.Positive(value, nameof(std));
        factors = [.. std.ToArray().Select(value => (float)(1 / (255 * value)))];
        offsets = [.. mean.ToArray().Zip(std.ToArray(), (middle, spread) => (float)(-middle / spread))];
    }

    /// <summary>The means and standard deviations of ImageNet that torchvision's published weights expect.</summary>
    public static Normalize ImageNet { get; } = new([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

    /// <summary>Writes the values of an image.</summary>
    /// <param name="image">The image. It is left as it is.</param>
    /// <param name="target">Three times height times width values, laid out as channels, rows, columns.</param>
    /// <exception cref="ArgumentException">The target has another length.</exception>
    public void Write(RgbImage image, Span<float> target)
    {
        var plane = image.Width * image.Height;
        if (target.Length != Channels * plane)
        {
            throw new ArgumentException(
                $"The target has {target.Length} values, but an image of {image.Width} x {image.Height} pixels has {Channels * plane}.");
        }
        for (var y = 0; y < image.Height; y++)
        {
            var pixels = MemoryMarshal.Cast<byte, uint>(image.Row(y));
            for (var channel = 0; channel < Channels; channel++)
                WriteRow(pixels, channel, target.Slice(channel * plane + y * image.Width, image.Width));
        }
    }

    private void WriteRow(ReadOnlySpan<uint> pixels, int channel, Span<float> target)
    {
        var (factor, offset, shift) = (factors[channel], offsets[channel], 8 * channel);
        var place = 0;
        for (; place <= pixels.Length - Vector256<uint>.Count; place += Vector256<uint>.Count)
        {
            var level = Vector256.ShiftRightLogical(Vector256.Create(pixels[place..]), shift) & Vector256.Create(0xFFu);
            (Vector256.ConvertToSingle(level.AsInt32()) * factor + Vector256.Create(offset)).CopyTo(target[place..]);
        }
        for (; place < pixels.Length; place++)
            target[place] = ((pixels[place] >> shift) & 0xFF) * factor + offset;
    }
}
