using KnDsl.Samples.Detection;
using KnDsl.Training;

return Commands.Create().Run(args);
