using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Weights.Tests;

/// <summary>What is written is what others write, or nothing.</summary>
public sealed class WriteTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void WritesWhatTheOtherImplementationWrites()
    {
        var expected = TemporaryFolder.Data("all-types.safetensors");
        var path = folder.Named("copy.safetensors");
        using (var file = SafetensorsFile.Open(expected))
            SafetensorsFile.Write(path, file.Entries.Select(e => Pair(e.Name, file.Read(e.Name))), file.Metadata);

        Assert.Equal(File.ReadAllBytes(expected), File.ReadAllBytes(path));
    }

    [Fact]
    public void WritesWhatTensorsMeanNotHowTheyLie()
    {
        var ramp = arange(6, dtype: ScalarType.Float32, device: CPU).reshape(2, 3);
        var path = folder.Named("views.safetensors");
        SafetensorsFile.Write(path, [
            Pair("transposed", ramp.t()),
            Pair("part", ramp.slice(1, 1, 3, 1)),
            Pair("expanded", ramp.slice(0, 0, 1, 1).expand(2, 3)),
            Pair("learned", nn.Parameter(ramp.clone())),
            Pair("conjugate", tensor(new System.Numerics.Complex[] { new(1, 2) }, ScalarType.ComplexFloat32).conj()),
        ]);

        using var file = SafetensorsFile.Open(path);
        Assert.Equal([0f, 3, 1, 4, 2, 5], file.Read("transposed").data<float>().ToArray());
        Assert.Equal([1f, 2, 4, 5], file.Read("part").data<float>().ToArray());
        Assert.Equal([0f, 1, 2, 0, 1, 2], file.Read("expanded").data<float>().ToArray());
        Assert.Equal([0f, 1, 2, 3, 4, 5], file.Read("learned").data<float>().ToArray());
        Assert.Equal([(1f, -2f)], file.Read("conjugate").data<(float, float)>().ToArray());
    }

    [Fact]
    public void AlignsEveryTensorToItsElements()
    {
        var path = folder.Named("mixed.safetensors");
        SafetensorsFile.Write(path, [
            Pair("a", zeros(3, dtype: ScalarType.Byte)), Pair("b", zeros(1, dtype: ScalarType.Float32)),
            Pair("c", zeros(5, dtype: ScalarType.Int16)), Pair("d", zeros(1, dtype: ScalarType.Int64)),
        ]);

        using var file = SafetensorsFile.Open(path);
        Assert.Equal(["a", "b", "c", "d"], file.Entries.Select(e => e.Name));
        Assert.Equal([22, 8, 12, 0], file.Entries.Select(e => e.Begin));
        Assert.Equal(0, BitConverter.ToInt64(File.ReadAllBytes(path), 0) % 8);
    }

    [Fact]
    public void WritesAndReadsInPieces()
    {
        const int Count = (1 << 24) + 12_345;
        var path = folder.Named("large.safetensors");
        var values = arange(Count, dtype: ScalarType.Int32, device: CPU).remainder(251).to(ScalarType.Byte);
        SafetensorsFile.Write(path, [Pair("first", ones(1)), Pair("large", values)]);

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        using var file = SafetensorsFile.Open(path);
        var read = file.Read("large");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 100_000);
        Assert.True(values.Equals(read));

        var target = zeros(Count, dtype: ScalarType.Int16, device: CPU);
        file.CopyTo("large", target);
        Assert.True(values.to(ScalarType.Int16).Equals(target));
    }

    [Fact]
    public void WritesNothing()
    {
        var path = folder.Named("empty.safetensors");
        SafetensorsFile.Write(path, []);
        using var file = SafetensorsFile.Open(path);
        Assert.Empty(file.Entries);
        Assert.Equal(16, new FileInfo(path).Length);
    }

    [Fact]
    public void ReplacesAFileAndFollowsALink()
    {
        var path = folder.Named("net.safetensors");
        File.WriteAllText(path, "old");
        SafetensorsFile.Write(path, [Pair("x", ones(1))]);
        Assert.Equal(["net.safetensors"], Names());

        var link = folder.Named("latest.safetensors");
        File.CreateSymbolicLink(link, path);
        SafetensorsFile.Write(link, [Pair("y", ones(1))]);
        Assert.NotNull(new FileInfo(link).LinkTarget);
        using var file = SafetensorsFile.Open(path);
        Assert.True(file.Contains("y"));
    }

    [Fact]
    public void StaysReadableWhileItIsReplaced()
    {
        var path = folder.Named("net.safetensors");
        SafetensorsFile.Write(path, [Pair("x", full(4, 1.0f))]);
        using var file = SafetensorsFile.Open(path);
        SafetensorsFile.Write(path, [Pair("x", full(2, 2.0f))]);
        Assert.Equal([1f, 1, 1, 1], file.Read("x").data<float>().ToArray());
    }

    [Fact]
    public void KeepsTheOldFileWhenWritingFails()
    {
        var path = folder.Named("net.safetensors");
        File.WriteAllText(path, "old");
        Assert.Throws<IOException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write(new byte[100_000]);
            throw new IOException("the disk is full");
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal(["net.safetensors"], Names());
    }

    [Fact]
    public void TheRightsToAFileThatIsReplacedStay()
    {
        if (OperatingSystem.IsWindows())
            return;
        var path = folder.Named("net.safetensors");
        File.WriteAllText(path, "old");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        SafetensorsFile.Write(path, [Pair("x", ones(1))]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    /// <summary>Another file in the place of a pipe or a device would take it from all that use it.</summary>
    [Fact]
    public async Task APipeAndADeviceStayWhatTheyAre()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var path = folder.Named("pipe");
        using (var make = Process.Start("mkfifo", path))
            make.WaitForExit();
        var read = Task.Run(() => File.ReadAllBytes(path));
        AtomicFile.Write(path, stream => stream.Write([1, 2, 3]));
        Assert.Equal([1, 2, 3], await read);
        AtomicFile.Write("/dev/null", stream => stream.Write([1]));
        Assert.Contains("space", Assert.ThrowsAny<IOException>(() => AtomicFile.Write("/dev/full", stream =>
        {
            stream.Write(new byte[100_000]);
            stream.Flush();
        })).Message, StringComparison.OrdinalIgnoreCase);
        foreach (var device in new[] { "/dev/null", "/dev/full", path })
            Assert.False(File.Exists(device) && new FileInfo(device).Length > 0);
    }

    [Fact]
    public void SaysWhereItCannotWriteBeforeItWrites()
    {
        var path = Path.Combine(folder.Path, "none", "net.safetensors");
        var error = Assert.Throws<DirectoryNotFoundException>(() => SafetensorsFile.Write(path, [Pair("x", ones(1))]));
        Assert.Equal(
            $"{path}: the folder '{Path.Combine(folder.Path, "none")}' does not exist, so the file cannot be written: create it first",
            error.Message);

        var inFile = Path.Combine(folder.Raw([1]), "net.safetensors");
        Assert.Contains("does not exist", Assert.Throws<DirectoryNotFoundException>(() => SafetensorsFile.Write(inFile, [])).Message);
        Assert.Contains("is a folder, expected the name of a file to write",
            Assert.Throws<IOException>(() => SafetensorsFile.Write(folder.Path, [Pair("x", ones(1))])).Message);
        File.CreateSymbolicLink(folder.Named("link"), path);
        Assert.Throws<DirectoryNotFoundException>(() => SafetensorsFile.Write(folder.Named("link"), [Pair("x", ones(1))]));
        Assert.Equal(["file.safetensors", "link"], Names().Order());
    }

    [Fact]
    public void RefusesWhatTheFormatLacks()
    {
        Refuses("tensor 'z': has dtype ComplexFloat64, expected one of BOOL, U8, ",
            Pair("a", ones(1)), Pair("z", zeros(1, dtype: ScalarType.ComplexFloat64)));
        Refuses("tensor 'a': is a name that is taken", Pair("a", ones(1)), Pair("a", ones(2)));
        Refuses("tensor '__metadata__': is a name that is taken", Pair("__metadata__", ones(1)));
        Refuses("has text that is not Unicode", Pair("a\ud800", ones(1)));
        Refuses("tensor 'm': is on the meta device", Pair("m", zeros(1, device: new Device(DeviceType.META))));
        Assert.Throws<WeightsException>(() => SafetensorsFile.Write(
            folder.Named("x"), [], new Dictionary<string, string> { ["key"] = "\udfff" }));
        Assert.Throws<DirectoryNotFoundException>(
            () => SafetensorsFile.Write(Path.Combine(folder.Path, "none", "x"), []));
        Assert.Empty(Names());
    }

    private void Refuses(string message, params KeyValuePair<string, Tensor>[] tensors)
    {
        var error = Assert.Throws<WeightsException>(() => SafetensorsFile.Write(folder.Named("x"), tensors));
        Assert.Contains(message, error.Message);
    }

    private IEnumerable<string?> Names() => Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName);

    private static KeyValuePair<string, Tensor> Pair(string name, Tensor tensor) => new(name, tensor);
}
