using System;
using System.IO;
using TorchSharp;
using TorchSharp.Modules;

namespace KnDsl.Training;

/// <summary>
/// Writes TensorBoard logs: loss, learning rate and norm of the gradient of training steps, and the figures of evaluations. A training that
/// goes on adds a file to the folder, which TensorBoard shows as one curve; events after the checkpoint's step are dropped.
/// </summary>
/// <param name="folder">The folder; it is made if it does not exist.</param>
/// <param name="every">Of this many steps one is logged: a curve shows no more, and each event opens the file.</param>
public sealed class TensorBoardLog(string folder, int every = 10) : ITrainingObserver
{
    private SummaryWriter? _writer;
    private string _file = "";

    /// <inheritdoc />
    /// <exception cref="RunFileException">The folder cannot be written.</exception>
    public void Started(TrainingPlan plan)
    {
        RunFileException.MakeFolder(folder);
        RunFileException.Wrap(folder, () =>
        {
            EventFile.DropAfter(folder, plan.Begin.Step);
            _writer = torch.utils.tensorboard.SummaryWriter(folder);
            _file = EventFile.Newest(folder);
        });
    }

    /// <inheritdoc />
    public void Stepped(StepReport report)
    {
        if (report.Position.Step % every != 0)
            return;
        Write(report.Position, "training/loss", report.Loss);
        Write(report.Position, "training/learning rate", report.LearningRate);
        if (report.GradientNorm is { } norm)
            Write(report.Position, "training/gradient norm", norm);
    }

    /// <inheritdoc />
    public void Evaluated(EvaluationReport report)
    {
        foreach (var (name, value) in report.Metrics)
            Write(report.Position, $"evaluation/{name}", value);
    }

    private void Write(TrainingPosition at, string tag, double value)
    {
        if (_writer is not { } writer)
            return;
        var end = File.Exists(_file) ? new FileInfo(_file).Length : 0;
        try
        {
            var time = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            writer.add_scalar(tag, (float)value, (int)Math.Min(at.Step, int.MaxValue), time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            EventFile.CutTo(_file, end);
            throw RunFileException.Of(_file, e);
        }
    }
}
