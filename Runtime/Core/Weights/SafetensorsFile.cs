using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.IO.MemoryMappedFiles;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// A safetensors file, open for reading. Its header has been checked in full: everything that is read later lies
/// inside the file. The data is mapped into memory and read one tensor at a time, when it is asked for. A file that someone
/// cuts short while it is open is beyond help; one that is replaced, as <see cref="Write"/> does, stays readable.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private const int ChunkBytes = 1 << 24;

    private readonly Dictionary<string, SafetensorsEntry> entries;
    private readonly long dataStart;
    private readonly MemoryMappedFile file;
    private readonly MemoryMappedViewAccessor view;

    private SafetensorsFile(string path, FileStream stream)
    {
        Path = path;
        var header = HeaderOf(path, stream);
        dataStart = sizeof(ulong) + header.Length;
        (Entries, Metadata) = SafetensorsHeader.Parse(path, header, stream.Length - dataStart);
        entries = Entries.ToDictionary(e => e.Name);
        file = MemoryMappedFile.CreateFromFile(
            stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
    }

    /// <summary>The file, as it was given.</summary>
    public string Path { get; }

    /// <summary>The tensors in the order of the header.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>The texts that the file carries beside its tensors.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="WeightsException">
    /// It is not a valid safetensors file: damaged, a folder, or of another format, which the message names; nothing of it is kept.
    /// </exception>
    /// <exception cref="IOException">It is not there or cannot be read.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var stream = OpenedForReading(path);
        SafetensorsFile? file = null;
        try
        {
            file = new SafetensorsFile(path, stream);
            file.CheckBooleans();
            return file;
        }
        catch
        {
            file?.Dispose();
            stream.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Writes tensors to a file: completely, or not at all. They go to a new file beside it, which takes its place
    /// once it has reached the disk. Tensors may be on any device; one at a time is copied to the CPU.
    /// </summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="tensors">Names and tensors, in the order in which the header shall list them.</param>
    /// <param name="metadata">Texts to carry beside them.</param>
    /// <exception cref="WeightsException">A name or dtype that the format lacks; nothing is written.</exception>
    /// <exception cref="IOException">
    /// Its folder is not there, or the disk refuses; the file that was there before is still there.
    /// </exception>
    public static void Write(
        string path, IEnumerable<KeyValuePair<string, Tensor>> tensors,
        IReadOnlyDictionary<string, string>? metadata = null) =>
        SafetensorsWriter.Write(path, [.. tensors], metadata ?? new Dictionary<string, string>(), ChunkBytes);

    /// <summary>Whether the file has a tensor of that name.</summary>
    public bool Contains(string name) => entries.ContainsKey(name);

    /// <summary>The header's entry of a tensor.</summary>
    /// <exception cref="WeightsException">The file has no tensor of that name.</exception>
    public SafetensorsEntry this[string name] =>
        entries.TryGetValue(name, out var entry) ? entry : throw new WeightsException(Path, "is not in the file", name);

    /// <summary>Reads a tensor as it is in the file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="device">The device of the tensor; the CPU by default.</param>
    /// <exception cref="WeightsException">There is none, or TorchSharp has no such dtype.</exception>
    public Tensor Read(string name, Device? device = null)
    {
        var entry = this[name];
        using var scope = NewDisposeScope();
        var tensor = empty([.. entry.Shape], DtypeOf(entry), CPU);
        var flat = tensor.reshape(-1);
        foreach (var (start, length) in Pieces(tensor))
        {
            using var piece = flat.narrow(0, start, length);
            Read(entry, start * tensor.element_size(), piece.bytes);
        }
        return scope.MoveToOuter(device is null ? tensor : tensor.to(device));
    }

    /// <summary>
    /// Reads a tensor into one that is there: any device, any strides; values are rounded to its dtype as
    /// <c>copy_</c> does.
    /// </summary>
    /// <exception cref="WeightsException">
    /// There is none, its shape is another ([1] does for a scalar), or TorchSharp has no such dtype.
    /// </exception>
    public void CopyTo(string name, Tensor target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var entry = this[name];
        if (!entry.Fits(target.shape))
        {
            throw new WeightsException(
                Path, $"has shape {entry.ShapeText}, expected {SafetensorsEntry.TextOf(target.shape)}", name);
        }

        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        if (!target.is_contiguous())
        {
            target.copy_(Read(name));
            return;
        }
        // Piece by piece, so that a large tensor is not held twice.
        var buffer = empty([Math.Min(target.numel(), ChunkBytes / target.element_size())], DtypeOf(entry), CPU);
        var elementSize = entry.Bytes / Math.Max(target.numel(), 1);
        var flat = target.reshape(-1);
        foreach (var (start, length) in Pieces(target))
        {
            using var inner = NewDisposeScope();
            var piece = buffer.narrow(0, 0, length);
            Read(entry, start * elementSize, piece.bytes);
            flat.narrow(0, start, length).copy_(piece);
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        view.Dispose();
        file.Dispose();
    }

    private static FileStream OpenedForReading(string path)
    {
        if (Directory.Exists(path))
            throw new WeightsException(path, "is a folder, expected a safetensors file");
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException($"{path}: there is no right to read the file", error);
        }
    }

    private static byte[] HeaderOf(string path, FileStream stream)
    {
        if (stream.Length < sizeof(ulong))
        {
            throw new WeightsException(path, ForeignFile.Describe(path, stream)
                ?? $"the file has {stream.Length} bytes, expected at least {sizeof(ulong)} for the header's length");
        }

        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        stream.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        // Before anything of that size is allocated: the length is the first thing that an attacker writes.
        var most = Math.Min(SafetensorsHeader.MaxBytes, stream.Length - sizeof(ulong));
        if (length > (ulong)most)
        {
            throw new WeightsException(path, ForeignFile.Describe(path, stream)
                ?? $"the header claims {length} bytes, expected at most {most}: no safetensors file, or cut off");
        }

        var header = new byte[length];
        stream.ReadExactly(header);
        // A foreign file may begin with a length that its size allows.
        if (header is not [(byte)'{', ..] && ForeignFile.Describe(path, stream) is { } found)
            throw new WeightsException(path, found);
        return header;
    }

    /// <summary>A byte that is neither 0 nor 1 is no Boolean: compiled code may do anything with it.</summary>
    private void CheckBooleans()
    {
        var buffer = Array.Empty<byte>();
        foreach (var entry in Entries.Where(e => e.Dtype == ScalarType.Bool))
        {
            for (var done = 0L; done < entry.Bytes; done += buffer.Length)
            {
                buffer = new byte[Math.Min(ChunkBytes, entry.Bytes - done)];
                Read(entry, done, buffer);
                var at = buffer.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)1);
                if (at >= 0)
                {
                    throw new WeightsException(
                        Path, $"value {done + at} is {buffer[at]}, expected 0 or 1 for BOOL", entry.Name);
                }
            }
        }
    }

    private ScalarType DtypeOf(SafetensorsEntry entry) => entry.Dtype ?? throw new WeightsException(
        Path, $"has dtype {entry.Type}, expected one of {string.Join(", ", SafetensorsType.Supported)}", entry.Name);

    /// <summary>A tensor's elements in pieces, for no span holds more than 2^31 bytes.</summary>
    private static IEnumerable<(long Start, long Length)> Pieces(Tensor tensor)
    {
        var (count, step) = (tensor.numel(), ChunkBytes / tensor.element_size());
        for (var start = 0L; start < count; start += step)
            yield return (start, Math.Min(step, count - start));
    }

    private void Read(SafetensorsEntry entry, long offset, Span<byte> bytes) =>
        view.SafeMemoryMappedViewHandle.ReadSpan(
            (ulong)(view.PointerOffset + dataStart + entry.Begin + offset), bytes);
}
