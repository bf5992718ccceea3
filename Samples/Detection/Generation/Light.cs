using KnDsl.Training;

namespace KnDsl.Samples.Detection.Generation;

/// <summary>What the levels of a picture are multiplied by.</summary>
internal readonly record struct Light(double Red, double Green, double Blue)
{
    /// <summary>A light of random brightness, a little colored.</summary>
    public static Light Of(ItemRandom random, double dimmest, double brightest)
    {
        var level = random.Uniform(dimmest, brightest);
        return new(level * Tinge(), level * Tinge(), level * Tinge());

        double Tinge() => random.Uniform(0.92, 1.08);
    }

    /// <summary>A light of any color, for what has none of its own.</summary>
    public static Light OfColor(ItemRandom random, double dimmest, double brightest) =>
        new(random.Uniform(dimmest, brightest), random.Uniform(dimmest, brightest), random.Uniform(dimmest, brightest));

    /// <summary>The light between two.</summary>
    public static Light Between(Light first, Light second, double share) => new(
        first.Red + share * (second.Red - first.Red), first.Green + share * (second.Green - first.Green),
        first.Blue + share * (second.Blue - first.Blue));

    /// <summary>A color in this light.</summary>
    public (double Red, double Green, double Blue) On(double red, double green, double blue) => (Red * red, Green * green, Blue * blue);
}
