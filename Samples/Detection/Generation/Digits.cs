using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.IO.Compression;
using System.Linq;
using KnDsl.Training;
using SixLabors.ImageSharp.PixelFormats;

namespace KnDsl.Samples.Detection.Generation;

/// <summary>Digits that people wrote, 8 pixels a side: the file digits.csv.gz of scikit-learn.</summary>
internal static class Digits
{
    /// <summary>The file of Debian's package.</summary>
    public const string SystemFile = "/usr/lib/python3/dist-packages/sklearn/datasets/data/digits.csv.gz";

    private const int Side = 8, Darkest = 16;

    /// <summary>One digit in so many is held out.</summary>
    private const int HeldOut = 5;

    /// <summary>The category, for training or for evaluation.</summary>
    /// <param name="file">The file.</param>
    /// <param name="isHeldOut">Whether for evaluation.</param>
    /// <exception cref="RunFileException">It cannot be read.</exception>
    public static ObjectKind In(string file, bool isHeldOut) => new(27, "digit", "symbol")
    {
        CutOuts =
        [
            .. Read(file).Where((_, i) => i % HeldOut == HeldOut - 1 == isHeldOut).Select(ink => CutOutOf(ink)).OfType<CutOut>(),
        ],
        Turn = 15,
        MayBeMirrored = false,
        Enlargement = 12,
        IsGrey = true,
    };

    private static List<byte[]> Read(string file)
    {
        try
        {
            using var text = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
            var digits = new List<byte[]>();
            while (text.ReadLine() is { } line)
            {
                digits.Add(Ink(line) ?? throw new InvalidDataException(
                    $"line {digits.Count + 1} is not {Side * Side} numbers from 0 to {Darkest} and a digit"));
            }
            return digits;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new RunFileException(file, $"cannot be read as scikit-learn's digits: {e.Message}", e);
        }
    }

    private static byte[]? Ink(string line)
    {
        var fields = line.Split(',');
        var ink = new byte[Side * Side];
        for (var i = 0; i < ink.Length; i++)
        {
            if (fields.Length != ink.Length + 1 || !byte.TryParse(fields[i], NumberStyles.None, CultureInfo.InvariantCulture, out ink[i])
                || ink[i] > Darkest)
            {
                return null;
            }
        }
        return ink;
    }

    /// <summary>Ink in white: its color comes with the scene.</summary>
    private static CutOut? CutOutOf(byte[] ink) => CutOut.Of(
        [.. ink.Select(share => new Rgba32(230, 230, 230, (byte)Math.Min(255, share * 255 / (Darkest - 3))))], Side);
}
