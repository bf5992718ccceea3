using System;
using System.Buffers;
using System.Collections.Generic;

namespace KnDsl.Training;

/// <summary>Images of classes, wherever their files are: each is read, decoded and transformed.</summary>
public abstract class ImageDataset : IDataset<LabelledImage>, IItemNames, IDisposable
{
    private readonly IImageDecoder decoder;
    private readonly IImageTransform transform;

    private protected ImageDataset(IImageTransform? transform, IImageDecoder? decoder)
    {
        this.transform = transform ?? new Compose();
        this.decoder = decoder ?? ImageDecoder.Create();
    }

    /// <summary>The names of the classes in ordinal order; a label is a place in this list.</summary>
    public abstract IReadOnlyList<string> Classes { get; }

    /// <inheritdoc/>
    public abstract long Count { get; }

    /// <summary>The class of an item, from 0.</summary>
    /// <param name="index">The item.</param>
    public abstract long LabelOf(long index);

    /// <inheritdoc/>
    public string NameOf(long index)
    {
        var (path, entry) = PlaceOf(index);
        return entry is null ? path : $"{path}: entry '{entry}'";
    }

    /// <inheritdoc/>
    public LabelledImage Get(long index, ItemRandom random)
    {
        var (path, entry) = PlaceOf(index);
        var buffer = Read(index, decoder.Limits, out var length);
        try
        {
            var image = decoder.Decode(buffer.AsSpan(0, length), path, entry);
            return new(transform.Apply(image, random), LabelOf(index), NameOf(index));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Closes the files that are open.</summary>
    public abstract void Dispose();

    private protected abstract (string Path, string? Entry) PlaceOf(long index);

    /// <summary>Reads the file of an item into an array of the shared pool, unless it is larger than the limits.</summary>
    private protected abstract byte[] Read(long index, ImageLimits limits, out int length);
}
