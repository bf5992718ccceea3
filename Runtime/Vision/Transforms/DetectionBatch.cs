using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Training;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// Images of different sizes as one tensor, and their objects. Who takes a batch disposes it; no dispose scope does.
/// </summary>
public sealed class DetectionBatch : IReplacedItems, IDisposable
{
    private readonly (DetectionItem Item, float[] Values)[] items;
    private Tensor? images;

    internal DetectionBatch(Tensor images, IReadOnlyList<ImageSize> sizes, IReadOnlyList<DetectionTarget> targets)
    {
        (items, Replaced) = ([], new(sizes.Count));
        this.images = images;
        (Sizes, Targets, Names) = (sizes, targets, []);
    }

    /// <summary>A batch that is still to be filled.</summary>
    internal DetectionBatch(int count)
    {
        (items, Replaced) = (new (DetectionItem, float[])[count], new(count));
        (Sizes, Targets, Names) = ([], [], []);
    }

    /// <summary>[N, C, H, W]: each image in the upper left corner, and zeros to the right of it and below.</summary>
    public Tensor Images => images ?? throw new InvalidOperationException("The batch is not complete.");

    /// <summary>The size of each image without the zeros.</summary>
    public IReadOnlyList<ImageSize> Sizes { get; private set; }

    /// <summary>The objects of each image, in its pixels and masks of its size; empty where no objects were given.</summary>
    public IReadOnlyList<DetectionTarget> Targets { get; private set; }

    /// <summary>The names of the images' files; empty where images came without.</summary>
    public IReadOnlyList<string> Names { get; private set; }

    /// <summary>The size of all images with the zeros.</summary>
    public ImageSize PaddedSize => new((int)Images.size(2), (int)Images.size(3));

    /// <inheritdoc/>
    public ReplacedItems Replaced { get; }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        images?.Dispose();
        foreach (var target in Targets)
            target.Dispose();
    }

    /// <summary>The least size of multiples that holds images.</summary>
    internal static ImageSize Padded(IReadOnlyList<ImageSize> sizes, int multiple)
    {
        return new(Next(sizes.Max(size => size.Height)), Next(sizes.Max(size => size.Width)));

        int Next(int length) => checked((length + multiple - 1) / multiple * multiple);
    }

    /// <summary>Puts an image in, which was read. Any thread may; no tensor is made.</summary>
    /// <param name="place">The place in the batch.</param>
    /// <param name="item">The item, of which the image is not used any more.</param>
    /// <param name="normalize">How its levels become values.</param>
    internal void Put(int place, DetectionItem item, Normalize normalize)
    {
        if (item.Objects.Any(found => found.Mask is null) && item.Objects.Any(found => found.Mask is not null))
            throw new InvalidOperationException("some objects of the image have a mask and some have none");
        if (item.Objects.Any(found => found.Mask is { } mask && (mask.Height, mask.Width) != (item.Size.Height, item.Size.Width)))
            throw new InvalidOperationException($"a mask is not of the image's size, {item.Size}");
        if (item.Objects.FirstOrDefault(found => !found.HasArea) is { } empty)
            throw new InvalidOperationException($"the box from {empty.Box} of an object has no area: leave the object out");
        if (item.Objects.FirstOrDefault(found => found.Label < 0) is { } unknown)
            throw new InvalidOperationException($"an object has the label {unknown.Label}, but labels are at least 0");
        // Of one image megabytes: new ones for each would be garbage of the whole heap's size within seconds.
        var length = 3 * item.Size.Height * item.Size.Width;
        var values = ArrayPool<float>.Shared.Rent(length);
        normalize.Write(item.Image, values.AsSpan(0, length));
        items[place] = (item, values);
    }

    /// <summary>Makes tensors of what was put in.</summary>
    internal void Complete(int multiple, bool pinned)
    {
        Sizes = [.. items.Select(entry => entry.Item.Size)];
        Names = [.. items.Select(entry => entry.Item.Name)];
        var size = Padded(Sizes, multiple);
        using var scope = NewDisposeScope();
        var batch = zeros([items.Length, 3, size.Height, size.Width]);
        for (var place = 0; place < items.Length; place++)
        {
            Copy(items[place].Values, Sizes[place], batch, place, size);
            ArrayPool<float>.Shared.Return(items[place].Values);
        }
        images = (pinned ? batch.pin_memory() : batch).DetachFromDisposeScope();
        Targets = [.. items.Select(entry => TargetOf(entry.Item))];
        Array.Clear(items);
    }

    private static unsafe void Copy(float[] values, ImageSize size, Tensor batch, int place, ImageSize padded)
    {
        var to = NativeTensor.Pointer<float>(batch) + (long)place * 3 * padded.Height * padded.Width;
        for (var channel = 0; channel < 3; channel++)
        {
            for (var y = 0; y < size.Height; y++)
            {
                values.AsSpan((channel * size.Height + y) * size.Width, size.Width).CopyTo(
                    new(to + ((long)channel * padded.Height + y) * padded.Width, size.Width));
            }
        }
    }

    private static DetectionTarget TargetOf(DetectionItem item)
    {
        var boxes = item.Objects.SelectMany(found => new[] { found.Box.Left, found.Box.Top, found.Box.Right, found.Box.Bottom }).ToArray();
        var labels = item.Objects.Select(found => found.Label).ToArray();
        var masks = item.Objects.Count > 0 && item.Objects[0].Mask is not null
            ? cat([.. item.Objects.Select(found => tensor(found.Mask!.Values, [1, item.Size.Height, item.Size.Width], ScalarType.Byte))], 0)
            : null;
        return new(
            tensor(boxes, [labels.Length, 4], ScalarType.Float32).DetachFromDisposeScope(),
            tensor(labels, [labels.Length], ScalarType.Int64).DetachFromDisposeScope(), masks?.DetachFromDisposeScope());
    }
}
