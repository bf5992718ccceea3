using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Lays tensors out as a safetensors file and writes it.</summary>
internal static class SafetensorsWriter
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    internal static void Write(
        string path, IReadOnlyList<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string> metadata,
        int chunkBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        foreach (var (key, value) in metadata)
            CheckText(path, SafetensorsHeader.MetadataKey, key, value);
        var entries = Laid(path, tensors);
        var header = SafetensorsHeader.Render(entries, metadata);
        if (header.Length > SafetensorsHeader.MaxBytes)
        {
            throw new WeightsException(
                path, $"the header would have {header.Length} bytes, expected at most {SafetensorsHeader.MaxBytes}");
        }

        AtomicFile.Write(path, stream =>
        {
            Span<byte> prefix = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
            stream.Write(prefix);
            stream.Write(header);
            foreach (var (entry, tensor) in entries.Zip(tensors, (e, t) => (e, t.Value)).OrderBy(p => p.e.Begin))
                WriteBytes(stream, tensor, chunkBytes);
        });
    }

    /// <summary>
    /// The entries in the given order. Their bytes are ordered by falling size of the elements, so that with the padded header
    /// each tensor is aligned to its elements, and in the given order among equals.
    /// </summary>
    private static List<SafetensorsEntry> Laid(string path, IReadOnlyList<KeyValuePair<string, Tensor>> tensors)
    {
        var names = new HashSet<string>();
        var entries = new SafetensorsEntry[tensors.Count];
        var end = 0L;
        var order = Enumerable.Range(0, tensors.Count).OrderByDescending(i => tensors[i].Value.element_size());
        foreach (var index in order)
        {
            var (name, tensor) = tensors[index];
            CheckText(path, name, name);
            if (name == SafetensorsHeader.MetadataKey || !names.Add(name))
                throw new WeightsException(path, "is a name that is taken", name);
            var type = SafetensorsType.NameOf(tensor.dtype) ?? throw new WeightsException(
                path, $"has dtype {tensor.dtype}, expected one of {string.Join(", ", SafetensorsType.Supported)}",
                name);
            if (tensor.device_type == DeviceType.META)
                throw new WeightsException(path, "is on the meta device, which holds no values", name);
            var begin = end;
            end += SafetensorsHeader.BytesOf(type, tensor.shape)!.Value;
            entries[index] = new SafetensorsEntry(name, type, tensor.shape, begin, end);
        }
        return [.. entries];
    }

    private static void WriteBytes(Stream stream, Tensor tensor, int chunkBytes)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        // A conjugate may be no more than a mark on a tensor whose bytes say otherwise.
        var flat = tensor.detach().cpu().resolve_conj().contiguous().reshape(-1);
        var step = chunkBytes / flat.element_size();
        for (var start = 0L; start < flat.numel(); start += step)
        {
            using var piece = flat.narrow(0, start, Math.Min(step, flat.numel() - start));
            stream.Write(piece.bytes);
        }
    }

    private static void CheckText(string path, string? name, params ReadOnlySpan<string> texts)
    {
        foreach (var text in texts)
        {
            try
            {
                Strict.GetByteCount(text);
            }
            catch (EncoderFallbackException error)
            {
                throw new WeightsException(path, "has text that is not Unicode", name, error);
            }
        }
    }
}
