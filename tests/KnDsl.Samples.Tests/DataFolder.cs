using System;
using System.Buffers.Binary;
using System.IO;
using System.IO.Compression;
using System.Linq;

namespace KnDsl.Samples.Tests;

/// <summary>A folder of small data files in the true format, and ways to damage them.</summary>
internal sealed class DataFolder : IDisposable
{
    public const string TrainingImages = "train-images-idx3-ubyte.gz";
    public const string TrainingLabels = "train-labels-idx1-ubyte.gz";
    private const int Side = 8;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("kndsl-data-");

    /// <summary>Images that are easy to tell apart: class k is a bright square in place k of a 4 x 3 grid, in noise.</summary>
    public DataFolder(int training = 96, int test = 40, int classes = 3)
    {
        var random = new Random(7);
        foreach (var (part, count) in new[] { ("train", training), ("t10k", test) })
        {
            byte[] labels = [.. Enumerable.Range(0, count).Select(i => (byte)(i % classes))];
            var pixels = new byte[count * Side * Side];
            random.NextBytes(pixels);
            for (var i = 0; i < pixels.Length; i++)
            {
                int image = i / (Side * Side), y = i / Side % Side, x = i % Side;
                var bright = x / 2 == labels[image] % 4 && y / 3 == labels[image] / 4;
                pixels[i] = (byte)(bright ? 255 : pixels[i] / 4);
            }
            Write($"{part}-images-idx3-ubyte.gz", Idx(pixels, count, Side, Side));
            Write($"{part}-labels-idx1-ubyte.gz", Idx(labels, count));
        }
    }

    public string Path => folder.FullName;

    /// <summary>An IDX file's content.</summary>
    public static byte[] Idx(byte[] elements, params int[] shape)
    {
        var header = new byte[4 + 4 * shape.Length];
        header[2] = 8;
        header[3] = (byte)shape.Length;
        for (var i = 0; i < shape.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 + 4 * i), shape[i]);
        return [.. header, .. elements];
    }

    /// <summary>Writes a file, compressed.</summary>
    public void Write(string name, byte[] content) => WriteRaw(name, Compress(content));

    /// <summary>Writes a file as it is.</summary>
    public void WriteRaw(string name, byte[] content) => File.WriteAllBytes(In(name), content);

    public static byte[] Compress(byte[] content)
    {
        using var result = new MemoryStream();
        using (var gzip = new GZipStream(result, CompressionLevel.Fastest))
            gzip.Write(content);
        return result.ToArray();
    }

    public string In(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => folder.Delete(recursive: true);
}
