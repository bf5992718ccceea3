using System;
using System.Collections.Generic;
using System.Linq;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>
/// Parts of a network that are not trained: their parameters get no gradient, and their modules stay in inference mode, so that running
/// averages stay as they are and dropout is off.
/// </summary>
internal sealed class FrozenParts : IDisposable
{
    private readonly nn.Module[] _modules;
    private readonly Parameter[] _parameters;

    /// <summary>Freezes parts.</summary>
    /// <param name="network">The network.</param>
    /// <param name="names">Names of modules, as <c>network.named_modules()</c> lists them: <c>layer1</c> is all of it.</param>
    /// <exception cref="UnknownPartException">There is no such module.</exception>
    public FrozenParts(nn.Module network, IReadOnlyList<string> names)
    {
        var modules = network.named_modules().ToDictionary(pair => pair.name, pair => pair.module);
        var unknown = names.FirstOrDefault(name => !modules.ContainsKey(name));
        if (unknown is not null)
        {
            throw new UnknownPartException(
                $"{network.GetName()} has no module '{unknown}' to freeze; its parts are "
                + $"{string.Join(", ", modules.Keys.Where(name => name.Length > 0 && !name.Contains('.')))}");
        }

        _modules = [.. names.Select(name => modules[name])];
        // What the caller has frozen stays so.
        _parameters = [.. _modules.SelectMany(module => module.parameters()).Where(parameter => parameter.requires_grad)];
        foreach (var parameter in _parameters)
            parameter.requires_grad = false;
    }

    /// <summary>Puts a network into training mode, but for these parts.</summary>
    public void Train(nn.Module network)
    {
        network.train();
        foreach (var module in _modules)
            module.eval();
    }

    /// <summary>Lets the parameters have gradients again.</summary>
    public void Dispose()
    {
        foreach (var parameter in _parameters.Where(parameter => !parameter.IsInvalid))
            parameter.requires_grad = true;
    }
}
