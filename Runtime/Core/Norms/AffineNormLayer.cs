using System;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A normalization layer with BatchNorm's parameters: a scale and a shift per channel.</summary>
public abstract class AffineNormLayer : NormLayer
{
    // TorchSharp's own layers are built this way: settable properties over private fields of the same component name.
    // A get-only property of a parameter's name makes .to() throw.
    [ComponentName(Name = nameof(weight))]
    private Parameter _weight;

    [ComponentName(Name = nameof(bias))]
    private Parameter _bias;

    private protected AffineNormLayer(string name, long channels, double eps, Device? device, ScalarType? dtype)
        : base(name, channels)
    {
        this.eps = eps;
        _weight = Owned(new Parameter(ones(channels, dtype, device)));
        _bias = Owned(new Parameter(zeros(channels, dtype, device)));
    }

    /// <summary>Added to the variance before its root.</summary>
    public double eps { get; }

    /// <summary>The scale, [C], 1 at first.</summary>
    /// <exception cref="ArgumentException">It is set to one of another shape.</exception>
    public Parameter weight
    {
        get => _weight;
        set
        {
            if (ReferenceEquals(value, _weight))
                return;
            CheckShape(value, nameof(weight), num_features);
            _weight.Dispose();
            _weight = Owned(value);
            ConditionallyRegisterParameter(nameof(weight), _weight);
        }
    }

    /// <summary>The shift, [C], 0 at first.</summary>
    /// <exception cref="ArgumentException">It is set to one of another shape.</exception>
    public Parameter bias
    {
        get => _bias;
        set
        {
            if (ReferenceEquals(value, _bias))
                return;
            CheckShape(value, nameof(bias), num_features);
            _bias.Dispose();
            _bias = Owned(value);
            ConditionallyRegisterParameter(nameof(bias), _bias);
        }
    }

    /// <summary>Every constructor registers its parameters and buffers by name: there is nothing for TorchSharp to find.</summary>
    protected sealed override void RegisterComponents()
    {
    }

    /// <summary>Registers the parameters that all these layers have; a layer's own come first.</summary>
    private protected void RegisterAffine()
    {
        register_parameter(nameof(weight), _weight);
        register_parameter(nameof(bias), _bias);
    }

    /// <summary>Demands that a tensor which somebody gives to the layer has the length of the one that it replaces.</summary>
    /// <param name="value">The tensor.</param>
    /// <param name="name">The property that it is given to.</param>
    /// <param name="shape">The shape that is demanded.</param>
    /// <exception cref="ArgumentException">It has not.</exception>
    private protected void CheckShape(Tensor value, string name, params ReadOnlySpan<long> shape)
    {
        ArgumentNullException.ThrowIfNull(value, name);
        if (!value.shape.AsSpan().SequenceEqual(shape))
        {
            throw new ArgumentException(
                $"{name} of {GetName()} is of shape [{string.Join(", ", shape.ToArray())}], found [{string.Join(", ", value.shape)}].",
                name);
        }
    }

    /// <summary>A module's tensors outlive the dispose scope in which it is built or moved.</summary>
    private protected static T Owned<T>(T tensor)
        where T : Tensor
    {
        tensor.DetachFromDisposeScope();
        return tensor;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _weight.Dispose();
            _bias.Dispose();
        }

        base.Dispose(disposing);
    }
}
