using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Training;
using static TorchSharp.torch;

namespace KnDsl.Samples.ImageNet;

/// <summary>
/// The images of a split: in folders, <c>DATA/train/CLASS/*.jpg</c>, or in tar archives, <c>DATA/train/*.tar</c> or <c>DATA/train.tar</c>.
/// </summary>
internal static class ImageData
{
    /// <summary>Opens a split.</summary>
    /// <param name="data">The folder of the data set.</param>
    /// <param name="split"><c>train</c> or <c>val</c>.</param>
    /// <param name="transform">What is done with each image.</param>
    /// <param name="classes">The classes that there must be; null takes those that there are.</param>
    /// <exception cref="DatasetException">The folder, the split or its images are missing, or its classes are others.</exception>
    public static ImageDataset Open(string data, string split, IImageTransform transform, IReadOnlyList<string>? classes = null)
    {
        var (folder, archive) = (Path.Combine(data, split), Path.Combine(data, $"{split}.tar"));
        if (File.Exists(archive))
            return new ImageTar(archive, transform: transform, classes: classes);
        return Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.tar").Any()
            ? new ImageTar(folder, transform: transform, classes: classes)
            : new ImageFolder(data, split, transform, classes: classes);
    }

    /// <summary>A loader of a split's images in batches.</summary>
    public static DataLoader<LabelledImage, ImageBatch> Load(ImageDataset images, int size, Device device, DataLoaderOptions options) =>
        new(images, new ImageCollator(size, size, Normalize.ImageNet, device), options);
}
