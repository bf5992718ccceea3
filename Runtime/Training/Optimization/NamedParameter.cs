using System.Collections.Generic;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>A parameter that is trained.</summary>
/// <param name="Name">Its name in the network's state_dict.</param>
/// <param name="Parameter">The parameter, or its 32-bit copy.</param>
/// <param name="Decays">Whether weight decay applies to it.</param>
public sealed record NamedParameter(string Name, Parameter Parameter, bool Decays)
{
    /// <summary>The parameters of a network in their order, each once: one that two modules share has the first name.</summary>
    /// <param name="network">The network, whose parameters they stay.</param>
    public static IReadOnlyList<NamedParameter> Of(nn.Module network)
    {
        var seen = new HashSet<System.IntPtr>();
        var found = new List<NamedParameter>();
        Add("", network);
        foreach (var (path, module) in network.named_modules())
            Add(path.Length == 0 ? "" : path + ".", module);
        return found;

        void Add(string prefix, nn.Module module)
        {
            foreach (var (name, parameter) in module.named_parameters(recurse: false))
            {
                if (seen.Add(parameter.Handle))
                    found.Add(new(prefix + name, parameter, Optimizers.Decays(module, name, parameter)));
            }
        }
    }
}
