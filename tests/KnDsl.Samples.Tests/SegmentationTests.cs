using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Published.Tests;
using KnDsl.Samples.Detection.Segmentation;
using KnDsl.Samples.Detection.Segmentation.Networks;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;
using KnDsl.Vision;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Samples.Tests;

public sealed class SegmentationTests
{
    private static readonly CocoCategory[] Categories =
        [new(3, "bird", null, 0), new(7, "coin", null, 1), new(90, "boot", null, 2)];

    [Fact]
    public void Fcn_is_torchvisions()
    {
        var reference = Reference.Load("FcnResNet50");
        using var network = new Fcn(policy: NormPolicy.Batch());
        network.eval();
        reference.Fill(network);
        using var noGradient = no_grad();
        var output = network.call(reference.Input());
        reference.AssertMatches(network, new Dictionary<string, Tensor> { ["out"] = output.logits, ["aux"] = output.auxiliary_logits });
    }

    [Fact]
    public void DeepLab_is_torchvisions()
    {
        var reference = Reference.Load("DeepLabV3ResNet50");
        using var network = new DeepLabV3(policy: NormPolicy.Batch());
        network.eval();
        reference.Fill(network);
        using var noGradient = no_grad();
        var output = network.call(reference.Input());
        reference.AssertMatches(network, new Dictionary<string, Tensor> { ["out"] = output.logits, ["aux"] = output.auxiliary_logits });
    }

    public static TheoryData<string, string> Kinds()
    {
        var all = new TheoryData<string, string>();
        foreach (var kind in Enum.GetNames<SegmentationKind>())
        {
            // The mean of an image, which DeepLab-v3 normalizes, has one value in a channel.
            foreach (var norm in Enum.GetNames<NormKind>().Where(norm => (kind, norm) != ("DeepLabV3", "Instance")))
                all.Add(kind, norm);
        }
        return all;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Small_networks_have_a_finite_loss_under_every_policy(string kind, string norm)
    {
        var settings = new SegmentTrainSettings
        {
            Data = "", Network = Enum.Parse<SegmentationKind>(kind), Norm = Enum.Parse<NormKind>(norm), Backbone = BackboneKind.Small,
        };
        using var scope = NewDisposeScope();
        using var network = SegmentationRecipe.Network(settings, 4, CPU);
        var labels = randint(0, 4, [2, 32, 40], ScalarType.Int64);
        var loss = network.Loss(randn(2, 3, 32, 40), labels);
        loss.backward();
        Assert.InRange(loss.item<float>(), 1.5f * 0.5f, 1.5f * 6);
        Assert.All(network.Module.parameters(), parameter => Assert.True(parameter.grad is { } grad && grad.isfinite().all().item<bool>()));
        Assert.Equal([2, 4, 32, 40], network.Scores(randn(2, 3, 32, 40)).shape);
    }

    [Fact]
    public void Pixels_that_are_ignored_have_no_part_in_the_loss()
    {
        using var scope = NewDisposeScope();
        var settings = new SegmentTrainSettings { Data = "", Norm = NormKind.Layer, Backbone = BackboneKind.Small };
        using var network = SegmentationRecipe.Network(settings, 4, CPU);
        network.Module.eval();
        var images = randn(1, 3, 32, 32);
        var labels = full([1, 32, 32], 2L, ScalarType.Int64);
        labels[0, .., 16..] = 255;
        var expected = nn.functional.cross_entropy(network.Scores(images)[.., .., .., ..16], full([1, 32, 16], 2L, ScalarType.Int64));
        Assert.InRange(network.Loss(images, labels).item<float>(), expected.item<float>(), expected.item<float>() + 2);
        labels.fill_(255);
        Assert.Equal(0, network.Loss(images, labels).item<float>());
    }

    [Fact]
    public void A_pixel_has_the_class_of_the_later_object_and_crowds_are_ignored()
    {
        var image = new CocoImage(1, "a.jpg", 6, 1);
        CocoAnnotation[] objects =
        [
            Of(1, Categories[2], 0, 3), Of(2, Categories[0], 2, 2), Of(3, Categories[1], 3, 3, isCrowd: true),
        ];
        Assert.Equal([3, 3, 1, 1, 255, 255], new SegmentationClasses(Categories, ClassKind.Categories).Paint(image, objects));

        CocoAnnotation Of(long id, CocoCategory category, int left, int width, bool isCrowd = false)
        {
            var box = new CocoBox(left, 0, width, 1);
            return new(id, image, category, box, width, isCrowd, new(CocoMask.FromBox(box, 1, 6)));
        }
    }

    /// <summary>The json of another split, or of another program, may have other ids for the same names.</summary>
    [Fact]
    public void A_category_is_known_by_its_name()
    {
        var image = new CocoImage(1, "a.jpg", 3, 1);
        var found = Categories.Select((category, i) =>
        {
            var box = new CocoBox(i, 0, 1, 1);
            var renumbered = category with { Id = Categories[(i + 1) % 3].Id };
            return new CocoAnnotation(i, image, renumbered, box, 1, false, new(CocoMask.FromBox(box, 1, 3)));
        });
        Assert.Equal([1, 2, 3], new SegmentationClasses(Categories, ClassKind.Categories).Paint(image, [.. found]));
    }

    [Fact]
    public void Classes_of_Pascal_VOC_are_in_its_order_and_other_categories_are_background()
    {
        CocoCategory[] coco = [.. Enumerable.Range(1, 90).Select(id => new CocoCategory(id, $"c{id}", null, id - 1))];
        var classes = new SegmentationClasses(coco, ClassKind.Voc);
        Assert.Equal(21, classes.Names.Count);
        Assert.Equal(["background", "c5", "c2", "c16"], classes.Names.Take(4));
        var image = new CocoImage(1, "a.jpg", 3, 1);
        var found = new[] { (1, 0), (8, 1), (72, 2) }.Select((of, i) =>
        {
            var box = new CocoBox(of.Item2, 0, 1, 1);
            return new CocoAnnotation(i, image, coco[of.Item1 - 1], box, 1, false, new(CocoMask.FromBox(box, 1, 3)));
        });
        Assert.Equal([15, 0, 20], classes.Paint(image, [.. found]));
        var problem = Assert.Throws<SettingsException>(() => new SegmentationClasses(Categories, ClassKind.Voc));
        Assert.Contains("no category with COCO's id 5", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_stay_with_their_pixels()
    {
        var random = new ItemRandom(1, 0, 0);
        // The label of a pixel is a tenth of its red.
        using var image = new RgbImage(40, 30);
        var labels = new byte[40 * 30];
        for (var y = 0; y < 30; y++)
        {
            for (var x = 0; x < 40; x++)
            {
                labels[y * 40 + x] = (byte)(x / 10 + 4 * (y / 10));
                image.Row(y)[RgbImage.BytesPerPixel * x] = (byte)(20 * labels[y * 40 + x]);
            }
        }
        var item = new SegmentationItem(image, labels, "").Resized(90, random).Flipped(random);
        Assert.Equal((120, 90), (item.Image.Width, item.Image.Height));
        item = item.Cropped(45, 60, 80);
        for (var y = 0; y < 80; y++)
        {
            for (var x = 0; x < 80; x++)
            {
                var label = item.Labels[y * 80 + x];
                var red = item.Image.Row(y)[RgbImage.BytesPerPixel * x];
                // Places 15 pixels from the borders of the squares.
                var isMiddle = y is > 5 and < 10 or > 25 and < 35 && x is > 10 and < 20 or > 40 and < 50;
                if (y >= 45 || x >= 60)
                    Assert.Equal((255, 0), (label, red));
                else if (isMiddle)
                    Assert.Equal(20 * label, red);
            }
        }
        Assert.Equal(1 + 4, item.Labels[10 * 80 + 10]);
        Assert.Equal(0 + 8, item.Labels[30 * 80 + 45]);
        item.Dispose();
    }

    [Fact]
    public void Figures_are_those_of_the_confusion_matrix()
    {
        using var scope = NewDisposeScope();
        using var matrix = new ConfusionMatrix(4, CPU);
        matrix.Add(tensor(new long[] { 0, 0, 0, 1, 1, 255 }), tensor(new long[] { 0, 0, 1, 1, 0, 2 }));
        matrix.Add(tensor(new long[] { 1, 2 }), tensor(new long[] { 1, 1 }));
        // Rows: 2 1 0 0; 1 2 0 0; 0 1 0 0; class 3 is neither there nor given.
        var figures = matrix.Compute();
        Assert.Equal(4.0 / 7, figures.PixelAccuracy, 12);
        Assert.Equal([2.0 / 3, 2.0 / 3, 0, double.NaN], figures.Accuracies);
        Assert.Equal([2.0 / 4, 2.0 / 5, 0, double.NaN], figures.IoUs);
        Assert.Equal((0.5 + 0.4) / 3, figures.MeanIoU, 12);
    }

    [Fact]
    public void The_auxiliary_head_takes_steps_of_its_own_rate()
    {
        var settings = new SegmentTrainSettings { Data = "", Norm = NormKind.Layer, Backbone = BackboneKind.Small };
        using var network = SegmentationRecipe.Network(settings, 4, CPU);
        var parameters = network.Module.named_parameters().ToArray();
        var before = parameters.ToDictionary(entry => entry.name, entry => entry.parameter.detach().clone());
        using var processes = ProcessGroup.Single();
        const double rate = 1e-3, decay = 0.1;
        using (var trainer = new SegmentationTrainer(network, CPU, 10, new TrainerSettings
        {
            Epochs = 1, LearningRate = rate, Schedule = LearningRateSchedule.Constant,
            Optimizer = all => Optimizers.Sgd(all, momentum: 0.9, weightDecay: decay),
        }, null, processes))
        {
            _ = trainer.Fit(new Batches());
        }
        Assert.Contains(parameters, entry => entry.name.StartsWith("aux_classifier.", StringComparison.Ordinal));
        foreach (var entry in NamedParameter.Of(network.Module))
        {
            // The gradient of the only step is still there.
            var factor = entry.Name.StartsWith("aux_classifier.", StringComparison.Ordinal) ? 10 : 1;
            var (old, decays) = (before[entry.Name], entry.Decays ? decay : 0);
            using var expected = old - factor * rate * (entry.Parameter.grad! + decays * old);
            Assert.True(expected.allclose(entry.Parameter, rtol: 1e-4, atol: 1e-6), entry.Name);
        }
    }

    /// <summary>One batch.</summary>
    private sealed class Batches : IBatches<SegmentationBatch>
    {
        public long Count => 1;

        public IEnumerable<SegmentationBatch> Read(int epoch, long first = 0)
        {
            var batch = new SegmentationBatch(1);
            using var image = new RgbImage(32, 32);
            for (var y = 0; y < 32; y++)
                image.Row(y).Fill((byte)(7 * y));
            batch.Put(0, new(image, [.. Enumerable.Range(0, 32 * 32).Select(i => (byte)(i % 4))], ""));
            batch.Complete(pinned: false);
            yield return batch;
        }
    }
}
