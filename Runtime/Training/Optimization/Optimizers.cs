using System.Collections.Generic;
using System.Linq;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>TorchSharp's optimizers over the parameters of a network, with weight decay where it belongs.</summary>
/// <remarks>
/// Their steps hold the numbers that native code reads, and TorchSharp's own do not: these are safe while another thread reads data.
/// See <see cref="Numbers"/>.
/// </remarks>
public static class Optimizers
{
    /// <summary>Stochastic gradient descent with momentum.</summary>
    /// <param name="parameters">The parameters; those that are frozen are left out.</param>
    /// <param name="momentum">In [0, 1).</param>
    /// <param name="weightDecay">The decay of those parameters that decay, at least 0: see <see cref="Decays"/>.</param>
    /// <param name="nesterov">Nesterov's momentum.</param>
    /// <returns>An optimizer whose learning rate the trainer sets before each step.</returns>
    /// <exception cref="System.ArgumentOutOfRangeException">A number is outside of its range.</exception>
    public static SGD Sgd(
        IEnumerable<NamedParameter> parameters, double momentum = 0.9, double weightDecay = 1e-4, bool nesterov = false)
    {
        Setting.ShareBelowOne(momentum);
        Setting.NotNegative(weightDecay);
        SGD.ParamGroup[] groups =
        [
            .. Split(parameters).Select(group => new SGD.ParamGroup(
                group.Parameters, lr: 0, momentum: momentum, weight_decay: group.Decays ? weightDecay : 0, nesterov: nesterov)),
        ];
        return new SgdWithHeldNumbers(groups, momentum, nesterov);
    }

    /// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019).</summary>
    /// <param name="parameters">The parameters; those that are frozen are left out.</param>
    /// <param name="beta1">Decay of the average of gradients, in [0, 1).</param>
    /// <param name="beta2">Decay of the average of their squares, in [0, 1).</param>
    /// <param name="weightDecay">The decay of those parameters that decay: see <see cref="Decays"/>.</param>
    /// <param name="eps">Added to the root of the squares, above 0.</param>
    /// <returns>An optimizer whose learning rate the trainer sets before each step.</returns>
    /// <exception cref="System.ArgumentOutOfRangeException">A number is outside of its range.</exception>
    public static AdamW AdamW(
        IEnumerable<NamedParameter> parameters, double beta1 = 0.9, double beta2 = 0.999, double weightDecay = 0.05, double eps = 1e-8)
    {
        Setting.ShareBelowOne(beta1);
        Setting.ShareBelowOne(beta2);
        Setting.NotNegative(weightDecay);
        Setting.Positive(eps);
        AdamW.ParamGroup[] groups =
        [
            .. Split(parameters).Select(group => new AdamW.ParamGroup(
                group.Parameters, lr: 0, beta1: beta1, beta2: beta2, eps: eps, weight_decay: group.Decays ? weightDecay : 0)),
        ];
        return new AdamWWithHeldNumbers(groups, beta1, beta2, eps);
    }

    /// <summary>
    /// Whether weight decay applies to a parameter. Weights of convolutions and linear layers decay, and other parameters that are
    /// matrices, such as embeddings. Biases, scales and shifts of normalization layers, and whatever else has one number for each channel
    /// do not: decay of what a normalization layer multiplies with only changes the network (Jia et al. 2018).
    /// </summary>
    /// <param name="owner">The module that the parameter belongs to.</param>
    /// <param name="name">The parameter's name in it.</param>
    /// <param name="parameter">The parameter.</param>
    public static bool Decays(nn.Module owner, string name, Parameter parameter) =>
        !name.EndsWith("bias", System.StringComparison.Ordinal)
        && (owner is Convolution or Linear || parameter.shape.Count(size => size > 1) > 1);

    private static IEnumerable<(bool Decays, Parameter[] Parameters)> Split(IEnumerable<NamedParameter> parameters) => parameters
        .Where(parameter => parameter.Parameter.requires_grad)
        .GroupBy(parameter => parameter.Decays)
        .OrderByDescending(group => group.Key)
        .Select(group => (group.Key, group.Select(parameter => parameter.Parameter).ToArray()));
}
