using System.CommandLine;
using KnDsl.Samples.ImageNet;
using KnDsl.Training;

var root = new RootCommand("ResNet-50 and MobileNet-v2 on ImageNet, with any normalization.")
{
    TrainingCommand.Create<TrainSettings>("train", "Trains on images in folders or tar archives, one for each class.", Train.Run),
    EvaluateCommand.Create(),
    GenerateCommand.Create(),
};
return root.Run(args);
