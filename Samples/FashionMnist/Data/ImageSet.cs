using System;
using System.IO;

namespace KnDsl.Samples.FashionMnist.Data;

/// <summary>Images and their classes.</summary>
/// <param name="Pixels">All images one after another, row by row, one byte for each pixel and color: all of a color, then the next.</param>
/// <param name="Labels">The class of each image, from 0.</param>
/// <param name="Height">Rows of an image.</param>
/// <param name="Width">Columns of an image.</param>
internal sealed record ImageSet(byte[] Pixels, byte[] Labels, int Height, int Width)
{
    /// <summary>Fashion-MNIST's classes: T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, boot.</summary>
    public const int Classes = 10;

    /// <summary>The colors of an image: 1 for grey.</summary>
    public int Colors { get; init; } = 1;

    /// <summary>The number of images.</summary>
    public int Count => Labels.Length;

    /// <summary>Reads the training set from a folder with the four files of MNIST's layout.</summary>
    /// <exception cref="DataException">A file is missing or damaged.</exception>
    public static ImageSet Training(string folder) => Read(folder, "train");

    /// <summary>Reads the test set; see <see cref="Training"/>.</summary>
    /// <exception cref="DataException">A file is missing or damaged.</exception>
    public static ImageSet Test(string folder) => Read(folder, "t10k");

    /// <summary>The first <paramref name="count"/> images, or all if there are fewer.</summary>
    public ImageSet Take(int count) => count >= Count
        ? this
        : this with { Pixels = Pixels[..(count * ImageSize)], Labels = Labels[..count] };

    /// <summary>The images after the first <paramref name="count"/>.</summary>
    public ImageSet Skip(int count) => this with { Pixels = Pixels[(count * ImageSize)..], Labels = Labels[count..] };

    /// <summary>The bytes of an image.</summary>
    public int ImageSize => Colors * Height * Width;

    /// <summary>The brightness at a place of a grey image, in [0, 1], between its four neighbors.</summary>
    /// <param name="image">The image.</param>
    /// <param name="row">The row, from 0; one outside of the image is that of the edge.</param>
    /// <param name="column">The column, in the same way.</param>
    public float Between(int image, float row, float column)
    {
        (row, column) = (Math.Clamp(row, 0, Height - 1), Math.Clamp(column, 0, Width - 1));
        int top = (int)row, left = (int)column;
        int bottom = Math.Min(top + 1, Height - 1), right = Math.Min(left + 1, Width - 1);
        float down = row - top, across = column - left;
        return ((At(top, left) * (1 - across) + At(top, right) * across) * (1 - down)
            + (At(bottom, left) * (1 - across) + At(bottom, right) * across) * down) / 255;

        float At(int y, int x) => Pixels[(image * Height + y) * Width + x];
    }

    private static ImageSet Read(string folder, string part)
    {
        var images = IdxFile.Read(Path.Combine(folder, $"{part}-images-idx3-ubyte.gz"), dimensions: 3);
        var labels = IdxFile.Read(Path.Combine(folder, $"{part}-labels-idx1-ubyte.gz"), dimensions: 1);
        if (images.Shape[0] == 0)
            throw new DataException(images.Path, "it holds no images");
        if (images.Shape[0] != labels.Shape[0])
            throw new DataException(labels.Path, $"it holds {labels.Shape[0]} labels, but {images.Path} holds {images.Shape[0]} images");
        // The network halves the size twice.
        if (images.Shape[1] == 0 || images.Shape[1] % 4 != 0 || images.Shape[2] == 0 || images.Shape[2] % 4 != 0)
        {
            throw new DataException(
                images.Path, $"its images are {images.Shape[1]} x {images.Shape[2]}, expected multiples of 4, such as 28 x 28");
        }
        var wrong = Array.FindIndex(labels.Elements, label => label >= Classes);
        if (wrong >= 0)
            throw new DataException(labels.Path, $"label {wrong} is {labels.Elements[wrong]}, expected 0 to {Classes - 1}");
        return new ImageSet(images.Elements, labels.Elements, images.Shape[1], images.Shape[2]);
    }
}
