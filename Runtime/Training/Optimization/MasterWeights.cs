using System;
using System.Collections.Generic;
using System.Linq;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>
/// 32-bit copies of a network's 16-bit parameters (Micikevicius et al. 2018): the optimizer adds small steps to the copies, which 16 bits
/// would lose, and the network computes with the copies' nearest 16-bit numbers. Parameters of more bits are their own copies.
/// </summary>
internal sealed class MasterWeights : IDisposable
{
    private readonly IReadOnlyList<Parameter> _weights;
    private readonly IReadOnlyList<(Parameter Weight, Parameter Master)> _copies;

    public MasterWeights(IReadOnlyList<NamedParameter> parameters)
    {
        var all = parameters.Select(parameter => (Named: parameter, Master: MasterOf(parameter.Parameter))).ToArray();
        _copies =
        [
            .. all.Select(pair => (pair.Named.Parameter, pair.Master)).Where(pair => !ReferenceEquals(pair.Master, pair.Parameter)),
        ];
        _weights = [.. parameters.Select(parameter => parameter.Parameter)];
        Parameters = [.. all.Select(pair => pair.Named with { Parameter = pair.Master })];
    }

    /// <summary>What the optimizer trains, in the network's order.</summary>
    public IReadOnlyList<NamedParameter> Parameters { get; }

    /// <summary>The same by their names.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Tensors =>
        Parameters.Select(parameter => new KeyValuePair<string, Tensor>(parameter.Name, parameter.Parameter));

    /// <summary>Whether there are copies at all.</summary>
    public bool Any => _copies.Count > 0;

    /// <summary>Demands that the network still has the parameters that are trained.</summary>
    /// <exception cref="InvalidOperationException">One of them is gone.</exception>
    public void RequirePresent()
    {
        for (var i = 0; i < _weights.Count; i++)
        {
            if (_weights[i].IsInvalid)
            {
                throw new InvalidOperationException(
                    $"the network has another '{Parameters[i].Name}' than when the trainer was made: convert the network, or set its "
                    + "parameters, before you make the trainer");
            }
        }
    }

    /// <summary>Moves the gradients of the network to the copies.</summary>
    /// <exception cref="InvalidOperationException">There are none: a step would change nothing.</exception>
    public void TakeGradients()
    {
        if (!_weights.Any(HasGradient))
        {
            throw new InvalidOperationException(
                "the loss gives no parameter of the network a gradient: it is computed with another network than the trainer's");
        }

        foreach (var (weight, master) in _copies)
        {
            using var gradient = weight.grad;
            // The parameter holds the tensor, and this only a handle of it: without its end each step's would stay until a collection.
            using var wide = gradient?.to(master.dtype);
            master.grad = wide;
            weight.grad = null;
        }
    }

    private static bool HasGradient(Parameter parameter)
    {
        using var gradient = parameter.grad;
        return gradient is not null;
    }

    /// <summary>Gives the copies the values of a network that was written to, where they are not its nearest numbers already.</summary>
    public void TakeWeights()
    {
        using var noGradient = no_grad();
        foreach (var (weight, master) in _copies)
        {
            using var nearest = master.to(weight.dtype);
            if (!nearest.eq(weight).all().item<bool>())
                master.copy_(weight);
        }
    }

    /// <summary>Gives the network the copies' values.</summary>
    public void GiveWeights()
    {
        using var noGradient = no_grad();
        foreach (var (weight, master) in _copies)
            weight.copy_(master);
    }

    public void Dispose()
    {
        foreach (var (_, master) in _copies)
            master.Dispose();
    }

    private static Parameter MasterOf(Parameter parameter)
    {
        if (parameter.dtype is not (ScalarType.BFloat16 or ScalarType.Float16))
            return parameter;
        using var copy = parameter.detach().to(ScalarType.Float32);
        return (Parameter)new Parameter(copy.clone(), parameter.requires_grad).DetachFromDisposeScope();
    }
}
