using System;
using System.IO;
using System.Linq;
using Xunit;

namespace KnDsl.Weights.Tests;

/// <summary>Every way to be no safetensors file gets one clear error, and nothing stays open or allocated.</summary>
public sealed class HostileFileTests : IDisposable
{
    private const string Good = """{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(new byte[0], "is empty, expected a safetensors file")]
    [InlineData(new byte[] { 1, 0, 0, 0, 0, 0, 0 }, "the file has 7 bytes, expected at least 8")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0 }, "the header does not begin with '{'")]
    [InlineData(new byte[] { 3, 0, 0, 0, 0, 0, 0, 0, 123, 125 }, "the header claims 3 bytes, expected at most 2")]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255, 123, 125 }, "the header claims 1844674407370955")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 128, 123, 125 }, "the header claims 9223372036854775808 bytes")]
    [InlineData(new byte[] { 4, 0, 0, 0, 0, 0, 0, 0, 123, 34, 255, 125 }, "the header is not valid UTF-8")]
    [InlineData(new byte[] { 5, 0, 0, 0, 0, 0, 0, 0, 239, 187, 191, 123, 125 }, "the header does not begin with '{'")]
    public void RefusesFiles(byte[] content, string message)
    {
        var path = folder.Raw(content);
        var error = Refused(path);
        Assert.StartsWith($"{path}: ", error.Message);
        Assert.Contains(message, error.Message);
        Assert.Equal(path, error.Path);
    }

    [Theory]
    // JSON
    [InlineData("{", 0, "not well-formed JSON near its byte 1")]
    [InlineData("{}x", 0, "not well-formed JSON near its byte 2")]
    [InlineData("{} {}", 0, "not well-formed JSON near its byte 3")]
    [InlineData("{\"a\":1,}", 0, "tensor 'a': is a number, expected an object")]
    [InlineData("{\"a\":" + Good + ",}", 8, "not well-formed JSON")]
    [InlineData("{/**/}", 0, "not well-formed JSON")]
    [InlineData("{\"a\\ud800\":" + Good + "}", 8, "text that is not Unicode")]
    [InlineData("{\"a\":{\"x\":[[[[[[[[[[[[]]]]]]]]]]]]}}", 0, "not well-formed JSON near its byte 1")]
    [InlineData("{\"a\":" + Good + ",\"a\":" + Good + "}", 8, "tensor 'a': the header has this name twice")]
    // Metadata
    [InlineData("{\"__metadata__\":[]}", 0, "__metadata__ is a list, expected an object of texts")]
    [InlineData("{\"__metadata__\":{\"k\":1}}", 0, "__metadata__ 'k' is a number, expected a text")]
    [InlineData("{\"__metadata__\":{\"k\":\"\",\"k\":\"\"}}", 0, "__metadata__ has the key 'k' twice")]
    [InlineData("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "'__metadata__': the header has this name twice")]
    // Entries
    [InlineData("{\"a\":null}", 0, "tensor 'a': is null, expected an object")]
    [InlineData("{\"a\":{}}", 0, "tensor 'a': lacks 'dtype'")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,0]}}", 0, "tensor 'a': lacks 'shape'")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}", 0, "tensor 'a': lacks 'data_offsets'")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 0, "tensor 'a': has 'dtype' twice")]
    [InlineData("{\"a\":{\"dtype\":\"F33\"}}", 0, "tensor 'a': dtype is 'F33', expected one of BOOL, U8, ")]
    [InlineData("{\"a\":{\"dtype\":32}}", 0, "tensor 'a': dtype is a number, expected one of ")]
    [InlineData("{\"a\":{\"shape\":2}}", 0, "tensor 'a': shape is a number, expected a list of integers")]
    [InlineData("{\"a\":{\"shape\":[[2]]}}", 0, "tensor 'a': shape has a list in it, expected integers")]
    [InlineData("{\"a\":{\"shape\":[\"2\"]}}", 0, "tensor 'a': shape has a text in it, expected integers")]
    [InlineData("{\"a\":{\"shape\":[-1]}}", 0, "tensor 'a': shape has a number in it that is no integer from 0 to")]
    [InlineData("{\"a\":{\"shape\":[1.5]}}", 0, "tensor 'a': shape has a number in it that is no integer from 0 to")]
    [InlineData("{\"a\":{\"shape\":[9223372036854775808]}}", 0, "has a number in it that is no integer from 0")]
    [InlineData("{\"a\":{\"data_offsets\":[0,1,2]}}", 0, "tensor 'a': data_offsets has more than 2 numbers")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[1]}}", 1, "has 1 data_offsets, expected 2")]
    // Layout
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,0]}}", 1, "end at 0, before they")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8,
        "tensor 'a': has 8 bytes, expected 12 for F32 [3]")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0,
        "F32 [4294967296, 4294967296] is no whole number of bytes, or more than there can be")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[0,4611686018427387904,4],\"data_offsets\":[0,0]}}", 0,
        "or more than there can be")]
    [InlineData("{\"a\":{\"dtype\":\"F64\",\"shape\":[2305843009213693952],\"data_offsets\":[0,0]}}", 0,
        "or more than there can be")]
    [InlineData("{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,2]}}", 2, "is no whole number of bytes")]
    [InlineData("{\"a\":" + Good + ",\"b\":" + Good + "}", 8,
        "tensor 'b': its bytes begin at 0, inside another tensor's, which end at 8")]
    [InlineData("{\"a\":" + Good + ",\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[9,10]}}", 10,
        "tensor 'b': its bytes begin at 9, expected 8: those between belong to no tensor")]
    [InlineData("{\"a\":" + Good + "}", 7,
        "tensor 'a': its bytes end at 8, but the file has 7 bytes of data: it is cut off")]
    [InlineData("{\"a\":" + Good + "}", 9, "the file has 9 bytes of data, expected 8: the last ones belong to no tensor")]
    [InlineData("{}", 1, "the file has 1 bytes of data, expected 0")]
    public void RefusesHeaders(string header, int dataLength, string message) =>
        Assert.Contains(message, Refused(folder.File(header, dataLength)).Message);

    [Fact]
    public void RefusesMoreDimensionsThanTorchTakes()
    {
        var ones = string.Join(',', Enumerable.Repeat(1, 65));
        var header = $$$"""{"a":{"dtype":"U8","shape":[{{{ones}}}],"data_offsets":[0,1]}}""";
        Assert.Contains("shape has more than 64 numbers", Refused(folder.File(header, 1)).Message);
        using var file = SafetensorsFile.Open(folder.File(header.Replace("[1,", "["), 1));
        using var tensor = file.Read("a");
        Assert.Equal(64, tensor.shape.Length);
    }

    [Fact]
    public void RefusesBooleansThatAreNone()
    {
        var header = """{"a":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}}"""u8.ToArray();
        Assert.Contains("tensor 'a': value 2 is 2, expected 0 or 1 for BOOL",
            Refused(folder.File(header, [0, 1, 2])).Message);
    }

    [Fact]
    public void AllocatesNothingForALengthThatIsALie()
    {
        var content = new byte[1000];
        BitConverter.GetBytes(90_000_000UL).CopyTo(content, 0);
        var path = folder.Raw(content);
        Refused(path);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(path);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void RefusesTheFormatsLimitOfTheHeader()
    {
        var path = folder.Named("sparse.safetensors");
        using (var stream = File.Create(path))
        {
            stream.Write(BitConverter.GetBytes(100_000_001UL));
            stream.SetLength(200_000_000);
        }
        Assert.Contains("the header claims 100000001 bytes, expected at most 100000000", Refused(path).Message);
    }

    [Theory]
    [InlineData("all-types.safetensors")]
    [InlineData("other-style.safetensors")]
    public void RefusesEveryTruncation(string name)
    {
        var content = File.ReadAllBytes(TemporaryFolder.Data(name));
        for (var length = 0; length < content.Length; length++)
            Refused(folder.Raw(content[..length]));
    }

    private static WeightsException Refused(string path)
    {
        var error = Assert.Throws<WeightsException>(() => SafetensorsFile.Open(path));
        // Nobody holds the file any more.
        using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            return error;
    }
}
