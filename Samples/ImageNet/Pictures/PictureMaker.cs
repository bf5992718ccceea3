using System;
using System.Linq;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace KnDsl.Samples.ImageNet.Pictures;

/// <summary>
/// Makes pictures of photographs' sizes: near the middle a motif of random size, place, turn and light colors, on a background of two dark
/// colors, a wave and noise. Where the motif is a garment, its black is the background.
/// </summary>
internal sealed class PictureMaker(Garments garments)
{
    /// <summary>The names of the classes: motifs, then garments.</summary>
    public static string[] Classes { get; } = [.. Array.ConvertAll(Motif.All, motif => motif.Name), .. Garments.Classes];

    /// <summary>Makes a picture.</summary>
    /// <param name="label">A place in <see cref="Classes"/>.</param>
    /// <param name="random">All that is random comes from it.</param>
    public Image<Rgb24> Make(int label, Random random)
    {
        int width = random.Next(240, 641), height = random.Next(200, 481);
        if (random.Next(3) == 0)
            (width, height) = (height, width);
        var picture = new Image<Rgb24>(width, height);
        var background = new Background(random);
        var size = Math.Min(width, height) * (0.25 + 0.2 * random.NextDouble());
        // As far as the crop in the middle goes, which an evaluation looks at: in photographs, too, the motif is there.
        var shift = 0.8 * (Math.Min(width, height) / 2.0 - size);
        double left = width / 2.0 + shift * (2 * random.NextDouble() - 1), top = height / 2.0 + shift * (2 * random.NextDouble() - 1);
        var angle = 0.8 * (random.NextDouble() - 0.5);
        double cosine = Math.Cos(angle) / size, sine = Math.Sin(angle) / size;
        var (first, second) = (Tint(random, 0.55), Tint(random, 0.55));
        var opacity = label < Motif.All.Length ? Of(Motif.All[label], 1.5 / size) : garments.Draw(label - Motif.All.Length, random);
        picture.ProcessPixelRows(rows =>
        {
            for (var y = 0; y < height; y++)
            {
                var row = rows.GetRowSpan(y);
                for (var x = 0; x < width; x++)
                {
                    double dx = x - left, dy = y - top, u = cosine * dx + sine * dy, v = cosine * dy - sine * dx;
                    var (share, shade) = Math.Abs(u) < 1 && Math.Abs(v) < 1 ? opacity(u, v) : (0, 0);
                    var noise = (random.NextDouble() - 0.5) * background.Noise;
                    row[x] = new Rgb24(Level(0), Level(1), Level(2));

                    byte Level(int color)
                    {
                        var behind = background.At(x, y, color);
                        var motif = first[color] + (second[color] - first[color]) * (v + 1) / 2;
                        return (byte)Math.Clamp(255 * (behind + share * (motif * shade - behind) + noise), 0, 255);
                    }
                }
            }
        });
        return picture;
    }

    private static Func<double, double, (double Share, double Shade)> Of(Motif motif, double soft) =>
        (u, v) => (motif.Opacity(u, v, soft), 1);

    /// <summary>A color, of three levels from a least one to 0.45 above it.</summary>
    private static double[] Tint(Random random, double least) =>
        [.. Enumerable.Range(0, 3).Select(_ => least + 0.45 * random.NextDouble())];

    private sealed class Background(Random random)
    {
        private readonly double[] _from = Tint(random, 0);
        private readonly double[] _to = Tint(random, 0);
        private readonly double _height = 0.15 * random.NextDouble();
        private readonly double _dx = (random.NextDouble() - 0.5) / 4;
        private readonly double _dy = (random.NextDouble() - 0.5) / 4;

        /// <summary>The width of the noise, of levels from 0 to 1.</summary>
        public double Noise { get; } = 0.3 * random.NextDouble();

        public double At(int x, int y, int color) =>
            _from[color] + (_to[color] - _from[color]) * y / 480 + _height * Math.Sin(_dx * x + _dy * y);
    }
}
