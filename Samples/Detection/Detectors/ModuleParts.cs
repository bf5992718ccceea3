using System.Linq;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Detectors;

/// <summary>
/// The parts of several networks as those of one module: what happens between them, such as pooling regions, is no layer, but training,
/// checkpoints and frozen parts know one network.
/// </summary>
internal sealed class ModuleParts : nn.Module
{
    private readonly nn.Module[] networks;

    /// <summary>Puts networks together.</summary>
    /// <param name="name">What messages call the whole.</param>
    /// <param name="networks">The networks, whose parts are those of the whole.</param>
    public ModuleParts(string name, params nn.Module[] networks) : base(name)
    {
        this.networks = networks;
        foreach (var (part, module) in networks.SelectMany(network => network.named_children()))
            register_module(part, module);
    }

    /// <summary>Adds a part.</summary>
    /// <returns>The whole.</returns>
    public ModuleParts With(string name, nn.Module part)
    {
        register_module(name, part);
        return this;
    }

    /// <inheritdoc/>
    public override void train(bool on = true)
    {
        base.train(on);
        foreach (var network in networks)
            network.train(on);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var network in networks)
                network.Dispose();
        }
        base.Dispose(disposing);
    }
}
