using System;
using System.Collections.Generic;
using TorchSharp.Modules;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>TorchSharp's SGD, whose step holds the numbers that it gives to native code: see <see cref="Numbers"/>.</summary>
internal sealed class SgdWithHeldNumbers(IEnumerable<SGD.ParamGroup> groups, double momentum, bool nesterov)
    : SGD(groups, lr: 0, momentum, nesterov: nesterov)
{
    /// <inheritdoc/>
    public override Tensor step(Func<Tensor>? closure = null) => _step<ParamGroup>(
        group =>
        {
            foreach (var parameter in group.Parameters)
            {
                if (parameter.grad is { } gradient)
                    Step(parameter, gradient, (State)_state[parameter.Handle], group.Options);
            }
        },
        closure);

    private static void Step(Parameter parameter, Tensor gradient, State state, Options options)
    {
        var momentum = options.momentum!.Value;
        if (options.weight_decay!.Value is not 0 and var decay)
            gradient = gradient.add(parameter, Held(decay));
        if (momentum != 0)
        {
            if (state.momentum_buffer is { } buffer)
                buffer.mul_(Held(momentum)).add_(gradient, Held(1 - options.dampening!.Value));
            else
                state.momentum_buffer = gradient.clone().detach().DetachFromDisposeScope();
            gradient = options.nesterov!.Value ? gradient.add(state.momentum_buffer, Held(momentum)) : state.momentum_buffer;
        }
        var rate = options.LearningRate!.Value;
        parameter.add_(gradient, Held(options.maximize!.Value ? rate : -rate));
    }
}
