using System;
using System.IO;
using System.IO.Compression;
using System.Text;
using Xunit;

namespace KnDsl.Weights.Tests;

/// <summary>Files of other formats: the error says what was found and what to do.</summary>
public sealed class ForeignFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("<!DOCTYPE html><html><title>Sign in</title></html>", "is a page of HTML or XML")]
    [InlineData("\r\n  <html>", "is a page of HTML or XML")]
    [InlineData("<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "is a page of HTML or XML")]
    [InlineData("{\"metadata\": {}, \"weight_map\": {\"a\": \"model-00001-of-00002.safetensors\"}}", "is JSON, such as the index")]
    [InlineData("[1, 2, 3, 4, 5]", "is JSON: ")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0", "is a pointer of Git LFS")]
    [InlineData("GGUF\u0003\0\0\0\0\0\0\0", "is a GGUF file")]
    [InlineData("\u0089HDF\r\n\u001a\n\0\0", "is an HDF5 file")]
    [InlineData("\u0093NUMPY\u0001\0v\0", "is a NumPy array")]
    [InlineData("\u001f\u008b\b\0\0\0\0\0\0", "is compressed by gzip")]
    public void AreTold(string content, string expected)
    {
        var path = folder.Raw(Encoding.Latin1.GetBytes(content));
        Assert.StartsWith($"{path}: {expected}", Refused(path).Message);
    }

    /// <summary>The file of torch.save is an archive; before version 1.6 it was a pickle, before 0.1.10 a tar.</summary>
    [Theory]
    [InlineData("archive/data.pkl")]
    [InlineData("\u0080\u0002\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019.")]
    [InlineData("ustar")]
    public void AFileOfPyTorchIsToldWithTheLinesThatConvertIt(string content)
    {
        var path = folder.Named("net.pth");
        if (content.EndsWith(".pkl", StringComparison.Ordinal))
            Zip(path, content);
        else
            File.WriteAllBytes(path, Encoding.Latin1.GetBytes(content == "ustar" ? new string('\0', 257) + "ustar\0" : content));
        Assert.Equal($"""
            {path}: is a file of torch.save, expected a safetensors file. Convert it in Python:
                import torch; from safetensors.torch import save_file
                save_file(torch.load("net.pth", map_location="cpu", weights_only=True), "net.safetensors")
              Where the file holds more than a state_dict, take that of it: torch.load(...)["state_dict"].
            """.ReplaceLineEndings("\n"), Refused(path).Message);
    }

    [Fact]
    public void AnyOtherArchiveIsToldAsOne()
    {
        var path = folder.Named("weights.zip");
        Zip(path, "net.safetensors");
        Assert.Contains("is a zip archive, expected a safetensors file: unpack it first", Refused(path).Message);
    }

    [Fact]
    public void AFileOfTorchSharpIsTold()
    {
        var path = folder.Named("net.dat");
        using var network = new Network();
        network.save(path);
        Assert.Contains("is a file of TorchSharp's save, expected a safetensors file", Refused(path).Message);
    }

    [Fact]
    public void AFolderIsTold() => Assert.Equal($"{folder.Path}: is a folder, expected a safetensors file", Refused(folder.Path).Message);

    /// <summary>The length of a header may look like the beginning of anything: 640 bytes are those of a pickle, 60 one of HTML.</summary>
    [Theory]
    [InlineData(0x280)]
    [InlineData(0x3c)]
    [InlineData(0x7b)]
    public void AFileThatIsCutOffIsNoOther(int length)
    {
        byte[] header = [.. Encoding.ASCII.GetBytes("{\"__metadata__\":{}}".PadRight(length))];
        var path = folder.File(header, []);
        SafetensorsFile.Open(path).Dispose();
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..40]);
        Assert.Contains($"the header claims {length} bytes, expected at most 32: no safetensors file, or cut off", Refused(path).Message);
    }

    private static WeightsException Refused(string path)
    {
        using var network = new Network();
        var before = network.fc.weight.data<float>().ToArray();
        var error = Assert.Throws<WeightsException>(() => network.load_weights(path));
        Assert.Equal(before, network.fc.weight.data<float>().ToArray());
        return error;
    }

    private static void Zip(string path, string entry)
    {
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        using var stream = archive.CreateEntry(entry, CompressionLevel.NoCompression).Open();
        stream.Write(new byte[100]);
    }
}
