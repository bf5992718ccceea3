using System;
using System.Collections.Generic;
using TorchSharp.Modules;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>TorchSharp's AdamW, whose step holds the numbers that it gives to native code: see <see cref="Numbers"/>.</summary>
internal sealed class AdamWWithHeldNumbers(IEnumerable<AdamW.ParamGroup> groups, double beta1, double beta2, double eps)
    : AdamW(groups, lr: 0, beta1, beta2, eps)
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
        var (beta1, beta2, rate) = (options.beta1!.Value, options.beta2!.Value, options.LearningRate!.Value);
        if (options.maximize!.Value)
            gradient = gradient.neg();
        state.step++;
        parameter.mul_(Held(1 - rate * options.weight_decay!.Value));
        state.exp_avg.mul_(Held(beta1)).add_(gradient, Held(1 - beta1));
        state.exp_avg_sq.mul_(Held(beta2)).addcmul_(gradient, gradient, Held(1 - beta2));
        var squares = state.exp_avg_sq;
        if (options.amsgrad!.Value)
        {
            using var largest = state.max_exp_avg_sq;
            squares = (largest is null ? squares.clone() : maximum(largest, squares)).DetachFromDisposeScope();
            state.max_exp_avg_sq = squares;
        }
        var divisor = squares.sqrt().div_(Held(Math.Sqrt(1 - Math.Pow(beta2, state.step)))).add_(Held(options.eps!.Value), One);
        parameter.addcdiv_(state.exp_avg, divisor, Held(-rate / (1 - Math.Pow(beta1, state.step))));
    }
}
