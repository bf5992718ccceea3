using System;
using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>Finds where in a network a number stops being finite.</summary>
internal static class NonFiniteSearch
{
    /// <summary>
    /// The first parameter that is not finite; else the first layer whose output is not, of a forward pass that is run again without
    /// gradients. Null where neither is found. The pass is of this process alone, and changes no running averages.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="forward">The pass, with the batch that showed it.</param>
    public static (string Name, string What)? Find(nn.Module network, Func<Tensor> forward)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var parameter = network.named_parameters().FirstOrDefault(pair => !IsFinite(pair.parameter));
        if (parameter.name is not null)
            return (parameter.name, $"the parameter '{parameter.name}' is not finite: an earlier step was too large");

        (string Name, string What)? found = null;
        var buffers = network.named_buffers().Select(entry => (Now: entry.buffer, Before: entry.buffer.clone())).ToArray();
        // The other processes are elsewhere: they would take what a layer sends for something else, and end without a word.
        var connected = network.modules().OfType<BatchNormLayer>().Select(layer => (Layer: layer, layer.Exchange)).ToArray();
        foreach (var (layer, _) in connected)
            layer.Exchange = null;
        var hooks = new List<Action>();
        foreach (var (name, module) in network.named_modules().Where(pair => pair.name.Length > 0))
        {
            if (module is not nn.Module<Tensor, Tensor> layer)
                continue;
            var hook = layer.register_forward_hook((_, input, output) =>
            {
                // Parts end before the wholes that hold them: the first is the innermost.
                if (found is null && !IsFinite(input))
                    found = (name, $"the input of '{name}' is not finite already: so is the batch, or what is done to it before");
                else if (found is null && !IsFinite(output))
                    found = (name, $"the output of '{name}' is not finite");
                return null!;
            });
            hooks.Add(hook.remove);
        }

        try
        {
            using var loss = forward();
        }
        catch (Exception e) when (e is NotFiniteNumberException or ArgumentException)
        {
            // A normalization layer has refused its input: the layer before it is found already, if there is one.
        }
        finally
        {
            hooks.ForEach(remove => remove());
            foreach (var (layer, exchange) in connected)
                layer.Exchange = exchange;
            foreach (var (now, before) in buffers)
                now.copy_(before);
        }

        return found;
    }

    public static bool IsFinite(Tensor tensor)
    {
        if (!tensor.is_floating_point())
            return true;
        using var scope = NewDisposeScope();
        return tensor.detach().isfinite().all().item<bool>();
    }
}
