using System.Linq;
using KnDsl.Training.Tests.Running;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Training.Tests.Optimization;

public sealed class MasterWeightsTests
{
    /// <summary>Without a garbage collection, which sees little of the memory that tensors take.</summary>
    [Fact]
    public void A_step_leaves_no_gradient_but_the_one_that_a_copy_holds()
    {
        using var network = TinyTraining.Network(NormPolicy.Batch()).ToBFloat16();
        using var masters = new MasterWeights(NamedParameter.Of(network));
        var (before, after) = (0L, 0L);
        for (var step = 0; step < 6; step++)
        {
            using (NewDisposeScope())
            {
                var (images, labels) = TinyBatches.Make(step);
                nn.functional.cross_entropy(network.call(images.bfloat16()).@float(), labels).backward();
                masters.TakeGradients();
            }

            before = step == 2 ? Tensor.TotalCount : before;
            after = Tensor.TotalCount;
        }

        Assert.InRange(after, 0, before);
        using var scope = NewDisposeScope();
        Assert.All(masters.Parameters, parameter => Assert.Equal(ScalarType.Float32, parameter.Parameter.grad!.dtype));
        Assert.Contains(masters.Parameters, parameter => parameter.Parameter.grad!.ne(0).any().item<bool>());
        Assert.All(
            network.named_parameters().Where(entry => entry.parameter.dtype == ScalarType.BFloat16),
            entry => Assert.Null(entry.parameter.grad));
    }
}
