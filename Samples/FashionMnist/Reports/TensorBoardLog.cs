using System.Collections.Generic;
using System.IO;
using KnDsl.Samples.FashionMnist.Training;
using TorchSharp;
using TorchSharp.Modules;

namespace KnDsl.Samples.FashionMnist.Reports;

/// <summary>Writes TensorBoard logs, one folder per method: loss and learning rate of training steps, test error of epochs.</summary>
internal sealed class TensorBoardLog(string folder) : IObserver
{
    /// <summary>The number of steps between two points: a curve shows no more of them.</summary>
    private const int Interval = 10;

    private readonly Dictionary<Method, SummaryWriter> writers = [];

    public void Started(Method method, int steps)
        => writers[method] = torch.utils.tensorboard.SummaryWriter(Path.Combine(folder, method.Name), createRunName: false);

    public void Stepped(Method method, int step, double loss, double learningRate)
    {
        if (step % Interval != 0)
            return;
        writers[method].add_scalar("training/loss", (float)loss, step);
        writers[method].add_scalar("training/learning rate", (float)learningRate, step);
    }

    public void Tested(Method method, Epoch epoch, int step) => writers[method].add_scalar("test/error", (float)epoch.Error, step);
}
