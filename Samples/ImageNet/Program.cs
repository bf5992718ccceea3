using System.CommandLine;
using KnDsl.Samples.ImageNet;
using KnDsl.Training;

var train = TrainingCommand.Create<TrainSettings>("Trains a network on images in folders or tar archives, one class each.", Train.Run);
var root = new RootCommand("ResNet-50 and MobileNet-v2 on ImageNet, with any normalization.")
{
    train.Named("train"), EvaluateCommand.Create(), GenerateCommand.Create(),
};
return root.Run(args);
