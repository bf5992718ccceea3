using System.CommandLine;
using KnDsl.Samples.Detection.Generation;
using KnDsl.Samples.Detection.Segmentation;

namespace KnDsl.Samples.Detection;

/// <summary>What the program can do.</summary>
internal static class Commands
{
    public static RootCommand Create() => new("Detection and segmentation on COCO, with any normalization.")
    {
        GenerateCommand.Create(),
        SegmentCommand.Create(),
    };
}
