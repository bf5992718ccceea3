using System.CommandLine;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>The command <c>segment</c>, with <c>train</c>, <c>evaluate</c> and <c>predict</c> of its own.</summary>
internal static class SegmentCommand
{
    public static Command Create() => new("segment", "Trains, evaluates and shows FCN and DeepLab-v3, which give each pixel a class.")
    {
        TrainingCommand.Create<SegmentTrainSettings>("train", "Trains FCN or DeepLab-v3 on a set of COCO's format.", SegmentTrain.Run),
        SegmentEvaluateCommand.Create(),
        SegmentPredictCommand.Create(),
    };
}
