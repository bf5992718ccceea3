using System;
using System.IO;
using System.Text;
using KnDsl.Training.Tests.Images;

namespace KnDsl.Training.Tests.Data;

/// <summary>A folder of data for one test, deleted after it.</summary>
internal sealed class Folder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("kndsl-data-").FullName;

    /// <summary>Three classes in two splits, with images of different kinds and sizes.</summary>
    public static Folder WithImages(int perClass = 5)
    {
        var folder = new Folder();
        var number = 0;
        foreach (var split in new[] { "train", "val" })
        {
            foreach (var name in new[] { "b", "a", "C" })
            {
                for (var image = 0; image < perClass; image++)
                    folder.Add($"{split}/{name}/{image:D2}.ppm", Picture(number++));
                folder.Add($"{split}/{name}/photo.JPEG", Figures.Bytes("baseline.jpg"));
            }
        }
        return folder;
    }

    /// <summary>A small image that differs from those of other numbers.</summary>
    public static byte[] Picture(int number)
    {
        var (width, height) = (9 + number % 5, 8 + number % 7);
        var levels = new byte[width * height * 3];
        new Random(number).NextBytes(levels);
        return [.. Encoding.ASCII.GetBytes($"P6 {width} {height} 255\n"), .. levels];
    }

    public string At(string name) => System.IO.Path.Combine(Path, name);

    public void Add(string name, byte[] bytes)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(At(name))!);
        File.WriteAllBytes(At(name), bytes);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
