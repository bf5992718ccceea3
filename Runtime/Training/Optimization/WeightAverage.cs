using System;
using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>
/// The exponential moving average of a network's parameters (Polyak and Juditsky 1992): after update n the share of the older ones is the
/// decay, or (1 + n) / (10 + n) where that is less, so that first weights are forgotten soon. Buffers are not averaged.
/// </summary>
public sealed class WeightAverage : IDisposable
{
    private readonly IReadOnlyList<(string Name, Tensor Weight, Tensor Average)> _pairs;
    private readonly double _decay;
    private readonly Action? _exchanged;

    /// <summary>Begins with a copy of the parameters.</summary>
    /// <param name="parameters">The parameters; the average is of 32 bits at least.</param>
    /// <param name="decay">The share of the older ones, in (0, 1).</param>
    /// <exception cref="ArgumentOutOfRangeException">The decay is outside (0, 1).</exception>
    public WeightAverage(IEnumerable<NamedParameter> parameters, double decay)
        : this(parameters, decay, exchanged: null)
    {
    }

    /// <param name="parameters">The parameters.</param>
    /// <param name="decay">The share of the older ones.</param>
    /// <param name="exchanged">Called when the parameters have other values, for a network that computes with copies of them.</param>
    internal WeightAverage(IEnumerable<NamedParameter> parameters, double decay, Action? exchanged)
    {
        if (!(decay > 0 && decay < 1))
            throw new ArgumentOutOfRangeException(nameof(decay), decay, "expected a share between 0 and 1, such as 0.9999");
        (_decay, _exchanged) = (decay, exchanged);
        _pairs =
        [
            .. parameters.Select(parameter => (parameter.Name, (Tensor)parameter.Parameter,
                parameter.Parameter.detach().clone().DetachFromDisposeScope())),
        ];
    }

    /// <summary>Updates that were made.</summary>
    public long Updates { get; internal set; }

    /// <summary>The averages by the parameters' names.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Tensors =>
        _pairs.Select(pair => new KeyValuePair<string, Tensor>(pair.Name, pair.Average));

    /// <summary>Takes in the parameters as they are now.</summary>
    public void Update()
    {
        Updates++;
        var share = 1 - Math.Min(_decay, (1.0 + Updates) / (10 + Updates));
        using var noGradient = no_grad();
        foreach (var (_, weight, average) in _pairs)
            average.lerp_(weight, share);
    }

    /// <summary>Begins with the parameters as they are now.</summary>
    internal void TakeWeights()
    {
        using var noGradient = no_grad();
        foreach (var (_, weight, average) in _pairs)
            average.copy_(weight);
    }

    /// <summary>Exchanges the parameters with their averages, until what is returned is disposed.</summary>
    public IDisposable Use()
    {
        Exchange();
        return new Exchanged(this);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, _, average) in _pairs)
            average.Dispose();
    }

    private void Exchange()
    {
        using var noGradient = no_grad();
        foreach (var (_, weight, average) in _pairs)
        {
            using var kept = weight.detach().clone();
            weight.copy_(average);
            average.copy_(kept);
        }

        _exchanged?.Invoke();
    }

    private sealed class Exchanged(WeightAverage average) : IDisposable
    {
        private bool _isDone;

        public void Dispose()
        {
            if (!_isDone)
                average.Exchange();
            _isDone = true;
        }
    }
}
