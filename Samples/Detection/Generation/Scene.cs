using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Vision;
using SixLabors.ImageSharp.PixelFormats;

namespace KnDsl.Samples.Detection.Generation;

/// <summary>An image in the making: its pixels, and which object is seen at each of them.</summary>
internal sealed class Scene(int width, int height)
{
    /// <summary>The share of an object that the edge of the image may cut off, and that objects before it may hide.</summary>
    private const double MostOutside = 0.3, MostHidden = 0.4;

    /// <summary>Pixels of an object that are seen at least.</summary>
    private const int LeastPixels = 20;

    private const byte None = byte.MaxValue;

    private readonly byte[] owners = CreateOwners(width * height);
    private readonly List<Member> members = [];

    /// <summary>Its width in pixels.</summary>
    public int Width { get; } = width;

    /// <summary>Its height in pixels.</summary>
    public int Height { get; } = height;

    /// <summary>Its pixels, row by row.</summary>
    public Rgb24[] Pixels { get; } = new Rgb24[width * height];

    /// <summary>The objects and crowds, later ones before earlier ones.</summary>
    public IEnumerable<SceneObject> Objects => members.Select((member, i) => new SceneObject(member.Kind, member.IsCrowd, MaskOf(i)));

    /// <summary>Sets a pixel of the background.</summary>
    public void Paint(int x, int y, (double Red, double Green, double Blue) color) =>
        Pixels[y * Width + x] = new(ToByte(color.Red), ToByte(color.Green), ToByte(color.Blue));

    /// <summary>Begins a crowd, whose members are placed after it.</summary>
    public int BeginCrowd(ObjectKind kind)
    {
        members.Add(new(kind, true));
        return members.Count - 1;
    }

    /// <summary>Places an object before all others, unless it would hide too much of one or be cut off too much itself.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="patch">How it is seen.</param>
    /// <param name="crowd">The crowd that it belongs to; null for an object of its own.</param>
    /// <returns>Whether it was placed.</returns>
    public bool TryPlace(ObjectKind kind, Patch patch, int? crowd = null)
    {
        var (whole, inside) = (0, 0);
        var hidden = new int[members.Count];
        foreach (var (place, alpha) in PlacesOf(patch))
        {
            if (alpha < 0.5)
                continue;
            whole++;
            if (place is not { } seen)
                continue;
            inside++;
            if (owners[seen] != None)
                hidden[owners[seen]]++;
        }
        if (inside < Math.Max(LeastPixels, (1 - MostOutside) * whole)
            || members.Where((member, i) => i != crowd && !member.MayLose(hidden[i])).Any())
        {
            return false;
        }
        if (crowd is null)
            members.Add(new(kind, false));
        Show(patch, crowd ?? members.Count - 1, hidden, inside);
        return true;
    }

    private void Show(Patch patch, int owner, int[] hidden, int inside)
    {
        for (var i = 0; i < hidden.Length; i++)
            members[i].Visible -= hidden[i];
        members[owner].Visible += inside;
        members[owner].Whole = Math.Max(members[owner].Whole, members[owner].Visible);
        for (var y = Math.Max(0, patch.Top); y < Math.Min(Height, patch.Top + patch.Height); y++)
        {
            for (var x = Math.Max(0, patch.Left); x < Math.Min(Width, patch.Left + patch.Width); x++)
            {
                var (red, green, blue, alpha) = patch[x - patch.Left, y - patch.Top];
                var before = Pixels[y * Width + x];
                Paint(x, y, (Blend(before.R, red), Blend(before.G, green), Blend(before.B, blue)));
                if (alpha >= 0.5)
                    owners[y * Width + x] = (byte)owner;

                double Blend(double from, double to) => from + alpha * (to - from);
            }
        }
    }

    /// <summary>The pixels of a patch: their places in the scene, null outside, and their opacity.</summary>
    private IEnumerable<(int? Place, double Alpha)> PlacesOf(Patch patch)
    {
        for (var y = 0; y < patch.Height; y++)
        {
            for (var x = 0; x < patch.Width; x++)
            {
                var (column, row) = (patch.Left + x, patch.Top + y);
                var isInside = (uint)column < (uint)Width && (uint)row < (uint)Height;
                yield return (isInside ? row * Width + column : null, patch[x, y].Alpha);
            }
        }
    }

    private CocoMask MaskOf(int owner) => CocoMask.Encode(Array.ConvertAll(owners, other => other == owner), Height, Width);

    private static byte ToByte(double level) => (byte)Math.Clamp(Math.Round(level), 0, 255);

    private static byte[] CreateOwners(int count)
    {
        var owners = new byte[count];
        Array.Fill(owners, None);
        return owners;
    }

    private sealed class Member(ObjectKind kind, bool isCrowd)
    {
        public ObjectKind Kind { get; } = kind;

        public bool IsCrowd { get; } = isCrowd;

        public int Whole { get; set; }

        public int Visible { get; set; }

        public bool MayLose(int pixels) =>
            pixels == 0 || Visible - pixels >= Math.Max(LeastPixels, (1 - MostHidden) * Whole);
    }
}
