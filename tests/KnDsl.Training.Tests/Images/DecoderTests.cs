using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;
using Xunit;

namespace KnDsl.Training.Tests.Images;

public sealed class DecoderTests
{
    private static readonly IImageDecoder Managed = ImageDecoder.Create(JpegLibrary.ImageSharp);

    private static readonly string[] Names =
        [.. Figures.List.GetProperty("decode").EnumerateArray().Select(file => file.GetString()!)];

    public static TheoryData<string> Files { get; } = [.. Names];

    /// <summary>Exactly, but for JPEG: each library rounds in its way, and ImageSharp repeats colours of half the resolution.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void ImageSharp_reads_what_PIL_reads(string file)
    {
        using var expected = Figures.Read($"{file}.png");
        using var actual = Figures.Read(file, Managed);
        if (file is "baseline.jpg" or "progressive.jpg" or "ycck-half.jpg")
            Assert.InRange(Figures.MeanDifference(expected, actual), 0, 2.5);
        else
            Assert.InRange(Figures.LargestDifference(expected, actual), 0, file.EndsWith(".jpg", StringComparison.Ordinal) ? 2 : 0);
    }

    [TurboJpegFact]
    public void TurboJpeg_reads_what_PIL_reads()
    {
        var decoder = ImageDecoder.Create(JpegLibrary.TurboJpeg);
        Assert.StartsWith("lib", decoder.JpegLibrary, StringComparison.Ordinal);
        Assert.All(Names.Where(file => file.EndsWith(".jpg", StringComparison.Ordinal)), file =>
        {
            using var expected = Figures.Read($"{file}.png");
            using var actual = Figures.Read(file, decoder);
            Assert.InRange(Figures.LargestDifference(expected, actual), 0, 1);
        });
    }

    [Fact]
    public void The_contents_decide_the_kind_and_not_the_name()
    {
        using var image = Managed.Decode(Figures.Bytes("source.png"), "photo.jpg");
        Assert.Equal((97, 61), (image.Width, image.Height));
    }

    [Fact]
    public void A_text_is_no_image() => Check(
        Encoding.UTF8.GetBytes("Grüße aus dem Urlaub,\nalle unsere Bilder sind hier"),
        "is a text file that begins 'Grüße aus dem Urlaub, alle unser...', expected an image");

    [Fact]
    public void Other_files_are_told_apart()
    {
        Check([], "is empty, expected an image");
        Check(new byte[1000], "begins with zeros, expected an image: its contents were lost, or not written");
        Check(Encoding.ASCII.GetBytes("GIF89a...."), "is a GIF image, expected JPEG, PNG, BMP, PPM, TIFF or WebP");
        Check([0, 0, 0, 24, .. Encoding.ASCII.GetBytes("ftypheic")], "is a HEIC image, expected JPEG, PNG, BMP, PPM, TIFF or WebP");
        Check([0x80, 1, 2, 3, 4], "begins with the bytes 80010203, which no image begins with");
        Check(Encoding.ASCII.GetBytes("version https://git-lfs.github.com/spec/v1"),
            "is a pointer of Git LFS, which says where the file is ('git lfs pull' brings it), expected JPEG, PNG, BMP, PPM, TIFF or WebP");
    }

    [Fact]
    public void A_file_that_is_cut_off_anywhere_is_refused()
    {
        foreach (var decoder in Decoders)
        {
            foreach (var file in new[] { "baseline.jpg", "progressive.jpg", "cmyk.jpg", "resize-smaller-bilinear.png", "palette.png" })
            {
                var bytes = Figures.Bytes(file);
                for (var length = 0; length < bytes.Length; length++)
                    Assert.Throws<DamagedFileException>(() => decoder.Decode(bytes.AsSpan(0, length), file).Dispose());
                var error = Assert.Throws<DamagedFileException>(() => decoder.Decode(bytes.AsSpan(0, bytes.Length / 2), file));
                Assert.Equal(
                    $"{file}: is cut off: it has {bytes.Length / 2:N0} bytes and ends before the end of the "
                        + $"{(file.EndsWith("jpg", StringComparison.Ordinal) ? "JPEG" : "PNG")} image",
                    error.Message);
            }
        }
    }

    /// <summary>Whatever is in a file: an image, or one kind of exception that names the file.</summary>
    [Fact]
    public void Damaged_bytes_give_an_image_or_one_kind_of_exception()
    {
        var random = new Random(7);
        foreach (var decoder in Decoders)
        {
            foreach (var file in Names)
            {
                for (var turn = 0; turn < 60; turn++)
                {
                    var bytes = Figures.Bytes(file);
                    for (var change = random.Next(1, 6); change > 0; change--)
                        bytes[random.Next(turn % 2 == 0 ? Math.Min(bytes.Length, 200) : bytes.Length)] = (byte)random.Next(256);
                    if (turn % 3 == 0)
                        bytes = bytes[..random.Next(bytes.Length)];
                    try
                    {
                        decoder.Decode(bytes, file).Dispose();
                    }
                    catch (DamagedFileException error)
                    {
                        Assert.StartsWith($"{file}: ", error.Message, StringComparison.Ordinal);
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData("baseline.jpg")]
    [InlineData("source.png")]
    [InlineData("bitmap.bmp")]
    [InlineData("color.ppm")]
    public void An_image_of_30_000_pixels_a_side_is_refused_without_its_memory(string file)
    {
        var bytes = WithSize(file, 30_000);
        foreach (var decoder in Decoders)
        {
            _ = Assert.Throws<DamagedFileException>(() => decoder.Decode(bytes, file));
            var (allocated, time) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.StartNew());
            var resident = Process.GetCurrentProcess().PeakWorkingSet64;
            var error = Assert.Throws<DamagedFileException>(() => decoder.Decode(bytes, file, "an/entry"));
            Assert.Equal(
                $"{file}: entry 'an/entry': is too large: it has 30,000 x 30,000 pixels, and may have 16,384 on a side", error.Message);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 1_000_000);
            Assert.InRange(Process.GetCurrentProcess().PeakWorkingSet64 - resident, 0, 50_000_000);
            Assert.InRange(time.ElapsedMilliseconds, 0, 1000);
        }
    }

    [Fact]
    public void Limits_can_be_set()
    {
        var decoder = ImageDecoder.Create(limits: new() { MaxPixels = 97 * 61 - 1 });
        Assert.Contains("may have 5,916 in all",
            Assert.Throws<DamagedFileException>(() => Figures.Read("source.png", decoder)).Message, StringComparison.Ordinal);
        decoder = ImageDecoder.Create(limits: new() { MaxBytes = 100 });
        Assert.Contains("is too large: it has 17,578 bytes, and may have 100",
            Assert.Throws<DamagedFileException>(() => Figures.Read("source.png", decoder)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageLimits { MaxSide = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageLimits { MaxBytes = 1L << 31 });
    }

    [Fact]
    public void An_image_of_very_many_scans_is_refused()
    {
        var bytes = Figures.Bytes("baseline.jpg");
        var scan = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
        var scans = Enumerable.Repeat(bytes[scan..^2], 501).SelectMany(part => part);
        Check([.. bytes[..scan], .. scans, 0xFF, 0xD9], "has more than 500 scans; no honest JPEG image has so many");
    }

    /// <summary>ImageSharp would leave black what is missing.</summary>
    [Fact]
    public void A_PNG_image_whose_compressed_pixels_are_damaged_is_refused()
    {
        var (header, pixels) = (Figures.Bytes("source.png").AsSpan(8, 25).ToArray(), Inflate(Figures.Bytes("source.png")));
        using (var whole = Managed.Decode(Png(header, Deflate(pixels)), "whole.png"))
            Assert.Equal(0, Figures.LargestDifference(Figures.Read("source.png"), whole));
        Check(Png(header, Deflate(pixels[..^300])), "is damaged: the compressed pixels of the PNG image end too early");
        Check(Png(header, Deflate(pixels)[..^3000]), "is damaged: the compressed pixels of the PNG image end too early");
        var packed = Deflate(pixels);
        packed[^2] ^= 1;
        var error = Assert.Throws<DamagedFileException>(() => Managed.Decode(Png(header, packed), "sum.png"));
        Assert.StartsWith("sum.png: is damaged: the compressed pixels of the PNG image: ", error.Message, StringComparison.Ordinal);

        static byte[] Inflate(byte[] file)
        {
            using var stream = new ZLibStream(new MemoryStream(PartsOf(file)), CompressionMode.Decompress);
            using var pixels = new MemoryStream();
            stream.CopyTo(pixels);
            return pixels.ToArray();
        }

        static byte[] Deflate(byte[] pixels)
        {
            using var packed = new MemoryStream();
            using (var stream = new ZLibStream(packed, CompressionMode.Compress))
                stream.Write(pixels);
            return packed.ToArray();
        }

        static byte[] PartsOf(byte[] file)
        {
            var parts = new List<byte>();
            for (var place = 33; place < file.Length;)
            {
                var length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(place));
                if (file.AsSpan(place + 4, 4).SequenceEqual("IDAT"u8))
                    parts.AddRange(file.AsSpan(place + 8, length));
                place += length + 12;
            }
            return [.. parts];
        }

        static byte[] Png(byte[] header, byte[] packed) =>
            [0x89, .. "PNG\r\n\u001a\n"u8, .. header, .. Chunk("IDAT", packed), .. Chunk("IEND", [])];

        static byte[] Chunk(string name, byte[] contents)
        {
            byte[] named = [.. Encoding.ASCII.GetBytes(name), .. contents];
            var (length, sum) = (new byte[4], new byte[4]);
            BinaryPrimitives.WriteInt32BigEndian(length, contents.Length);
            BinaryPrimitives.WriteUInt32BigEndian(sum, Crc(named));
            return [.. length, .. named, .. sum];
        }

        static uint Crc(byte[] bytes)
        {
            var sum = uint.MaxValue;
            foreach (var value in bytes)
            {
                sum ^= value;
                for (var bit = 0; bit < 8; bit++)
                    sum = (sum >> 1) ^ ((sum & 1) * 0xEDB88320);
            }
            return ~sum;
        }
    }

    [Fact]
    public void A_JPEG_image_without_its_tables_is_refused()
    {
        var bytes = Figures.Bytes("baseline.jpg").ToList();
        var table = bytes.ToArray().AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDB]);
        bytes.RemoveRange(table, 2 + (bytes[table + 2] << 8) + bytes[table + 3]);
        Check([.. bytes], "is damaged: the JPEG image lacks a quantization table");
    }

    [TurboJpegFact]
    public void Pixels_that_TurboJpeg_would_make_up_are_refused()
    {
        var bytes = Figures.Bytes("baseline.jpg");
        var error = Assert.Throws<DamagedFileException>(
            () => ImageDecoder.Create(JpegLibrary.TurboJpeg).Decode([.. bytes[..^300], 0xFF, 0xD9], "short.jpg"));
        Assert.Contains("premature end of data segment", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_that_is_not_there_is_named()
    {
        if (ImageDecoder.HasTurboJpeg)
        {
            Assert.Equal(ImageDecoder.Create().JpegLibrary, ImageDecoder.Create(JpegLibrary.TurboJpeg).JpegLibrary);
            return;
        }
        var error = Assert.Throws<DllNotFoundException>(() => ImageDecoder.Create(JpegLibrary.TurboJpeg));
        Assert.Contains("apt-get install", error.Message, StringComparison.Ordinal);
    }

    private static IImageDecoder[] Decoders =>
        ImageDecoder.HasTurboJpeg ? [Managed, ImageDecoder.Create(JpegLibrary.TurboJpeg)] : [Managed];

    private static void Check(byte[] bytes, string problem) => Assert.All(Decoders, decoder =>
    {
        var error = Assert.Throws<DamagedFileException>(() => decoder.Decode(bytes, "photo.jpg"));
        Assert.Equal($"photo.jpg: {problem}", error.Message);
        Assert.Equal(("photo.jpg", null, problem), (error.Path, error.Entry, error.Problem));
    });

    /// <summary>A file whose header claims another size, of both sides.</summary>
    private static byte[] WithSize(string file, int side)
    {
        var bytes = Figures.Bytes(file);
        if (file.EndsWith(".png", StringComparison.Ordinal))
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(16), side);
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(20), side);
        }
        else if (file.EndsWith(".bmp", StringComparison.Ordinal))
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(18), side);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(22), side);
        }
        else if (file.EndsWith(".ppm", StringComparison.Ordinal))
        {
            return [.. Encoding.ASCII.GetBytes($"P6\n{side} {side}\n255\n"), .. bytes.AsSpan(13)];
        }
        else
        {
            var frame = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(frame + 5), (ushort)side);
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(frame + 7), (ushort)side);
        }
        return bytes;
    }
}
