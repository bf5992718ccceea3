using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Vision;

namespace KnDsl.Samples.Detection.Detectors;

/// <summary>The sizes of a detector's parts.</summary>
internal sealed record DetectorShape
{
    /// <summary>torchvision's, with ResNet-50 and a feature pyramid.</summary>
    private static readonly DetectorShape ResNet50 = new();

    /// <summary>For images of about 200 pixels with objects from 12 pixels on.</summary>
    private static readonly DetectorShape Small = new()
    {
        Width = 24, Depths = [1, 2, 2, 1], HasBottlenecks = false, Groups = 8, Channels = 48, ScoreConvolutions = 2, BoxWidth = 256,
        MaskWidth = 32, MaskConvolutions = 2, AnchorSize = 16, TrainingProposals = 500, Proposals = 200, Regions = 64, DrawnAnchors = 128,
    };

    /// <summary>Channels of the backbone's first layer.</summary>
    public int Width { get; private init; } = 64;

    /// <summary>Blocks in each of the backbone's layers.</summary>
    public IReadOnlyList<int> Depths { get; private init; } = [3, 4, 6, 3];

    /// <summary>Whether the blocks are bottlenecks.</summary>
    public bool HasBottlenecks { get; private init; } = true;

    /// <summary>Groups of group normalization.</summary>
    public int Groups { get; private init; } = 32;

    /// <summary>Channels of the pyramid and of most heads.</summary>
    public int Channels { get; private init; } = 256;

    /// <summary>Convolutions of RetinaNet's heads before the last.</summary>
    public int ScoreConvolutions { get; private init; } = 4;

    /// <summary>The width of the linear layers for boxes.</summary>
    public int BoxWidth { get; private init; } = 1024;

    /// <summary>Channels for masks.</summary>
    public int MaskWidth { get; private init; } = 256;

    /// <summary>Convolutions for masks.</summary>
    public int MaskConvolutions { get; private init; } = 4;

    /// <summary>Pixels of the smallest anchor's side.</summary>
    public int AnchorSize { get; private init; } = 32;

    /// <summary>Proposals of an image, of each level and of all, in training.</summary>
    public int TrainingProposals { get; private init; } = 2000;

    /// <summary>The same in inference.</summary>
    public int Proposals { get; private init; } = 1000;

    /// <summary>Regions of an image that heads are trained with.</summary>
    public int Regions { get; private init; } = 512;

    /// <summary>Anchors of an image that proposals are trained with.</summary>
    public int DrawnAnchors { get; private init; } = 256;

    /// <summary>RetinaNet's anchors: three sizes of each of five levels, in three shapes.</summary>
    public AnchorGenerator RetinaNetAnchors => new(
        [.. AnchorSizes.Select(size => new double[] { size, (int)(size * double.Cbrt(2)), (int)(size * double.Cbrt(4)) })], Ratios);

    /// <summary>Those of proposals: one size of each of five levels, in three shapes.</summary>
    public AnchorGenerator ProposalAnchors => new([.. AnchorSizes.Select(size => new double[] { size })], Ratios);

    /// <summary>The side of regions that belong to the level of stride 16.</summary>
    public int CanonicalScale => 7 * AnchorSize;

    private IEnumerable<int> AnchorSizes => Enumerable.Range(0, 5).Select(level => AnchorSize << level);

    private static double[][] Ratios => [.. Enumerable.Repeat<double[]>([0.5, 1, 2], 5)];

    /// <summary>The sizes of a setting.</summary>
    public static DetectorShape Of(BackboneKind kind) => kind == BackboneKind.ResNet50 ? ResNet50 : Small;
}
