using System.CommandLine;
using KnDsl.Training;

namespace KnDsl.Samples.ImageNet;

/// <summary>What the program can do.</summary>
internal static class Commands
{
    public static RootCommand Create() => new("ResNet-50 and MobileNet-v2 on ImageNet, with any normalization.")
    {
        TrainingCommand.Create<TrainSettings>("train", "Trains on images in folders or tar archives, one for each class.", Train.Run),
        EvaluateCommand.Create(),
        GenerateCommand.Create(),
    };
}
