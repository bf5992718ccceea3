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
    /// <param name="networks">The networks, each with what comes before the names of its parts, such as <c>roi_heads.</c>.</param>
    public ModuleParts(string name, params (string Prefix, nn.Module Network)[] networks) : base(name)
    {
        this.networks = System.Array.ConvertAll(networks, entry => entry.Network);
        foreach (var (prefix, network) in networks)
        {
            foreach (var (part, module) in network.named_children())
                register_module(prefix + part, module);
        }
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
