using KnDsl.Samples.ImageNet;
using KnDsl.Training;

return Commands.Create().Run(args);
