using System.CommandLine;
using KnDsl.Samples.Detection.Classification;
using KnDsl.Samples.Detection.Experiment;
using KnDsl.Samples.Detection.Generation;
using KnDsl.Samples.Detection.Segmentation;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;

namespace KnDsl.Samples.Detection;

/// <summary>What the program can do.</summary>
internal static class Commands
{
    public static RootCommand Create() => new("Detection and segmentation on COCO, with any normalization.")
    {
        TrainingCommand.Create<TrainSettings>("train", "Trains a detector on a set of COCO's format.", Train.Run),
        EvaluateCommand.Create(),
        PredictCommand.Create(),
        TrainingCommand.Create<PretrainSettings>(
            "pretrain", "Trains a backbone as a classifier of the objects of a set, for --weights of train.", Pretrain.Run),
        ExperimentCommand.Create(),
        SegmentCommand.Create(),
        GenerateCommand.Create(),
    };
}
