using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Language.Values;

/// <summary>The sizes of a tensor, batch first and channels second: [N, C, H, W].</summary>
internal sealed class Shape
{
    private string? _text;

    public Shape(params Size[] sizes) => Sizes = sizes;

    public Shape(IEnumerable<Size> sizes) => Sizes = sizes.ToArray();

    public IReadOnlyList<Size> Sizes { get; }

    public int Rank => Sizes.Count;

    public Size this[int axis] => Sizes[axis];

    /// <summary>The number of channels (or features): the second dimension.</summary>
    public Size Channels => Sizes[1];

    /// <summary>The dimensions after the channels.</summary>
    public IEnumerable<Size> Spatial => Sizes.Skip(2);

    /// <summary>Whether a program can compute its sizes.</summary>
    public bool IsBounded
    {
        get
        {
            for (var axis = 0; axis < Rank; axis++)
                if (!Sizes[axis].IsBounded)
                    return false;
            return true;
        }
    }

    /// <summary>The same with one size replaced.</summary>
    public Shape With(int axis, Size size) => new(Sizes.Select((old, i) => i == axis ? size : old));

    /// <summary>The same with sizes of 1 in front, as many as the rank lacks.</summary>
    public Shape Padded(int rank) => Rank >= rank ? this : new(Enumerable.Repeat(Size.One, rank - Rank).Concat(Sizes));

    public Shape Substitute(Substitution substitution) => new(Sizes.Select(size => size.Substitute(substitution)));

    /// <summary>What people call a dimension of a tensor of this rank.</summary>
    public string NameOf(int axis) => AxisName(axis, Rank);

    public static string AxisName(int axis, int rank) => (axis, rank) switch
    {
        (0, _) => "batch",
        (1, _) => rank == 2 ? "features" : "channels",
        (2, 3) => "length",
        (2, 4) or (3, 5) => "height",
        (3, 4) or (4, 5) => "width",
        (2, 5) => "depth",
        _ => $"dimension {axis}",
    };

    /// <summary>Whether some dimension of tensors of some rank is called so.</summary>
    public static bool IsAxisName(string name) =>
        Enumerable.Range(2, 4).Any(rank => Enumerable.Range(0, rank).Any(axis => AxisName(axis, rank) == name));

    public override string ToString() => _text ??= $"[{string.Join(", ", Sizes)}]";
}
