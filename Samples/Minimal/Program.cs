using System;
using System.IO;
using KnDsl;
using KnDsl.Training;
using Minimal;
using static TorchSharp.torch;

// Made-up data in four classes: images that are black, red, green or blue, under noise.
random.manual_seed(1);
var device = cuda.is_available() ? CUDA : CPU;
var colours = cat([zeros(1, 3, device: device), eye(3, device: device)]).view(4, 3, 1, 1);
var labels = randint(0, 4, 512, device: device);
var images = colours[labels] + randn(512, 3, 16, 16, device: device);

// The build makes the class Small from net.knnet. Each normalization statistic is of two images only.
using var network = new Small(classes: 4, policy: NormPolicy.Kalman(microbatch: 2), device: device);
using var trainer = new Trainer<(Tensor Images, Tensor Labels)>(
    network, batch => nn.functional.cross_entropy(network.call(batch.Images), batch.Labels), new() { Epochs = 5, LearningRate = 0.05 });
trainer.Observers.Add(new Losses());
trainer.Fit(new TensorBatches(images, labels, batchSize: 32));

// The weights go to a file and from there into another network, which classifies images that it has not seen.
var file = Path.Combine(AppContext.BaseDirectory, "small.safetensors");
network.save_weights(file);
using var loaded = new Small(classes: 4, device: device);
loaded.load_weights(file);
loaded.eval();
var predicted = loaded.call(colours + randn(4, 3, 16, 16, device: device)).argmax(1);
var classes = string.Join(", ", predicted.cpu().data<long>().ToArray());
Console.WriteLine($"A black, a red, a green and a blue image are of the classes {classes}");

internal sealed class Losses : ITrainingObserver
{
    public void Evaluated(EvaluationReport report)
        => Console.WriteLine($"epoch {report.Position.Epoch + 1}: loss {report.Metrics["train_loss"]:F3}");
}
