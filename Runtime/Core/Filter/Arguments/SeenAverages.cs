using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Whether a graph may have a layer's running averages as they are. Loops and kernels of our own change them without torch's notice: it is
/// told of the change where there may be such a graph, whose backward pass throws then, and costs nothing where there is none.
/// </summary>
internal sealed class SeenAverages
{
    private bool _areSeen;

    /// <summary>A pass reads them.</summary>
    public void See() => _areSeen |= is_grad_enabled();

    /// <summary>The averages, which are about to be updated.</summary>
    public RunningAverages ToUpdate(RunningAverages averages)
    {
        if (_areSeen)
        {
            TensorVersion.Raise(averages.Mean);
            TensorVersion.Raise(averages.Variance);
            _areSeen = false;
        }

        return averages;
    }
}
