using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Runs the forward hooks and forward pre-hooks of a module that the statistic chain passes: those that TorchSharp's <c>call</c>
/// runs, in its order. <c>call</c> itself takes and gives values only, and does not tell whether a hook changed one; nothing is known
/// of the statistics of a changed one, whether another tensor is in its place or it was changed where it is.
/// </summary>
public static class Hooks
{
    /// <summary>Whether a module has hooks; without any, a call is its forward pass.</summary>
    /// <param name="module">The module.</param>
    public static bool Any<TPre, TPost>(nn.HookableModule<TPre, TPost> module) =>
        HookTables<TPre, TPost>.Before(module).Count + HookTables<TPre, TPost>.After(module).Count
            + HookTables<TPre, TPost>.First(module).Count + HookTables<TPre, TPost>.Last(module).Count > 0;

    /// <summary>The state of a value that hooks have seen: unknown where they put another value in its place.</summary>
    /// <param name="value">The value after the hooks.</param>
    /// <param name="before">The value before them.</param>
    /// <param name="state">What is known of the value before them.</param>
    /// <param name="otherwise">What is known where it is another one.</param>
    public static ChannelState? StateOf(Tensor value, Tensor before, ChannelState? state, ChannelState? otherwise = null) =>
        ReferenceEquals(value, before) ? state : otherwise;

    /// <summary>Runs the hooks that come before the forward pass.</summary>
    /// <param name="module">The module.</param>
    /// <param name="input">The value that it is called with.</param>
    /// <returns>The value for its forward pass: the same, or what a hook put in its place.</returns>
    public static Tensor Before<TResult>(nn.Module<Tensor, TResult> module, Tensor input)
    {
        var hooks = Begin(module);
        if (hooks.Count == 0)
            return input;
        var seen = new SeenValues(input);
        foreach (var hook in hooks)
            input = hook(module, input) ?? input;
        return seen.After(0, input);
    }

    /// <inheritdoc cref="Before{TResult}(nn.Module{Tensor, TResult}, Tensor)"/>
    public static (Tensor, Tensor) Before<TResult>(nn.Module<Tensor, Tensor, TResult> module, Tensor input1, Tensor input2)
    {
        var inputs = (input1, input2);
        var hooks = Begin(module);
        if (hooks.Count == 0)
            return inputs;
        var seen = new SeenValues(input1, input2);
        foreach (var hook in hooks)
            inputs = hook(module, inputs.input1, inputs.input2) ?? inputs;
        return (seen.After(0, inputs.input1), seen.After(1, inputs.input2));
    }

    /// <inheritdoc cref="Before{TResult}(nn.Module{Tensor, TResult}, Tensor)"/>
    public static (Tensor, Tensor, Tensor) Before<TResult>(
        nn.Module<Tensor, Tensor, Tensor, TResult> module, Tensor input1, Tensor input2, Tensor input3)
    {
        var inputs = (input1, input2, input3);
        var hooks = Begin(module);
        if (hooks.Count == 0)
            return inputs;
        var seen = new SeenValues(input1, input2, input3);
        foreach (var hook in hooks)
            inputs = hook(module, inputs.input1, inputs.input2, inputs.input3) ?? inputs;
        return (seen.After(0, inputs.input1), seen.After(1, inputs.input2), seen.After(2, inputs.input3));
    }

    /// <inheritdoc cref="Before{TResult}(nn.Module{Tensor, TResult}, Tensor)"/>
    public static (Tensor, Tensor, Tensor, Tensor) Before<TResult>(
        nn.Module<Tensor, Tensor, Tensor, Tensor, TResult> module, Tensor input1, Tensor input2, Tensor input3, Tensor input4)
    {
        var inputs = (input1, input2, input3, input4);
        var hooks = Begin(module);
        if (hooks.Count == 0)
            return inputs;
        var seen = new SeenValues(input1, input2, input3, input4);
        foreach (var hook in hooks)
            inputs = hook(module, inputs.input1, inputs.input2, inputs.input3, inputs.input4) ?? inputs;
        return (seen.After(0, inputs.input1), seen.After(1, inputs.input2), seen.After(2, inputs.input3), seen.After(3, inputs.input4));
    }

    /// <inheritdoc cref="Before{TResult}(nn.Module{Tensor, TResult}, Tensor)"/>
    public static (Tensor, Tensor, Tensor, Tensor, Tensor) Before<TResult>(
        nn.Module<Tensor, Tensor, Tensor, Tensor, Tensor, TResult> module,
        Tensor input1, Tensor input2, Tensor input3, Tensor input4, Tensor input5)
    {
        var inputs = (input1, input2, input3, input4, input5);
        var hooks = Begin(module);
        if (hooks.Count == 0)
            return inputs;
        var seen = new SeenValues(input1, input2, input3, input4, input5);
        foreach (var hook in hooks)
            inputs = hook(module, inputs.input1, inputs.input2, inputs.input3, inputs.input4, inputs.input5) ?? inputs;
        return (
            seen.After(0, inputs.input1), seen.After(1, inputs.input2),
            seen.After(2, inputs.input3), seen.After(3, inputs.input4), seen.After(4, inputs.input5));
    }

    /// <inheritdoc cref="Before{TResult}(nn.Module{Tensor, TResult}, Tensor)"/>
    public static (Tensor, Tensor, Tensor, Tensor, Tensor, Tensor) Before<TResult>(
        nn.Module<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, TResult> module,
        Tensor input1, Tensor input2, Tensor input3, Tensor input4, Tensor input5, Tensor input6)
    {
        var inputs = (input1, input2, input3, input4, input5, input6);
        var hooks = Begin(module);
        if (hooks.Count == 0)
            return inputs;
        var seen = new SeenValues(input1, input2, input3, input4, input5, input6);
        foreach (var hook in hooks)
            inputs = hook(module, inputs.input1, inputs.input2, inputs.input3, inputs.input4, inputs.input5, inputs.input6) ?? inputs;
        return (
            seen.After(0, inputs.input1), seen.After(1, inputs.input2), seen.After(2, inputs.input3),
            seen.After(3, inputs.input4), seen.After(4, inputs.input5), seen.After(5, inputs.input6));
    }

    /// <summary>Runs the hooks that come after the forward pass.</summary>
    /// <param name="module">The module.</param>
    /// <param name="input">The value that its forward pass had.</param>
    /// <param name="result">What its forward pass gave.</param>
    /// <returns>The result of the call: the same, or what a hook put in its place.</returns>
    public static TResult After<TResult>(nn.Module<Tensor, TResult> module, Tensor input, TResult result)
    {
        var seen = SeenBy(HooksAfter(module), result);
        foreach (var hook in HooksAfter(module))
            result = hook(module, input, result) ?? result;
        End(module);
        return Seen(seen, result);
    }

    /// <inheritdoc cref="After{TResult}(nn.Module{Tensor, TResult}, Tensor, TResult)"/>
    public static TResult After<TResult>(nn.Module<Tensor, Tensor, TResult> module, Tensor input1, Tensor input2, TResult result)
    {
        var seen = SeenBy(HooksAfter(module), result);
        foreach (var hook in HooksAfter(module))
            result = hook(module, input1, input2, result) ?? result;
        End(module);
        return Seen(seen, result);
    }

    /// <inheritdoc cref="After{TResult}(nn.Module{Tensor, TResult}, Tensor, TResult)"/>
    public static TResult After<TResult>(
        nn.Module<Tensor, Tensor, Tensor, TResult> module, Tensor input1, Tensor input2, Tensor input3,
        TResult result)
    {
        var seen = SeenBy(HooksAfter(module), result);
        foreach (var hook in HooksAfter(module))
            result = hook(module, input1, input2, input3, result) ?? result;
        End(module);
        return Seen(seen, result);
    }

    /// <inheritdoc cref="After{TResult}(nn.Module{Tensor, TResult}, Tensor, TResult)"/>
    public static TResult After<TResult>(
        nn.Module<Tensor, Tensor, Tensor, Tensor, TResult> module, Tensor input1, Tensor input2, Tensor input3, Tensor input4,
        TResult result)
    {
        var seen = SeenBy(HooksAfter(module), result);
        foreach (var hook in HooksAfter(module))
            result = hook(module, input1, input2, input3, input4, result) ?? result;
        End(module);
        return Seen(seen, result);
    }

    /// <inheritdoc cref="After{TResult}(nn.Module{Tensor, TResult}, Tensor, TResult)"/>
    public static TResult After<TResult>(
        nn.Module<Tensor, Tensor, Tensor, Tensor, Tensor, TResult> module,
        Tensor input1, Tensor input2, Tensor input3, Tensor input4, Tensor input5, TResult result)
    {
        var seen = SeenBy(HooksAfter(module), result);
        foreach (var hook in HooksAfter(module))
            result = hook(module, input1, input2, input3, input4, input5, result) ?? result;
        End(module);
        return Seen(seen, result);
    }

    /// <inheritdoc cref="After{TResult}(nn.Module{Tensor, TResult}, Tensor, TResult)"/>
    public static TResult After<TResult>(
        nn.Module<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, TResult> module,
        Tensor input1, Tensor input2, Tensor input3, Tensor input4, Tensor input5, Tensor input6, TResult result)
    {
        var seen = SeenBy(HooksAfter(module), result);
        foreach (var hook in HooksAfter(module))
            result = hook(module, input1, input2, input3, input4, input5, input6, result) ?? result;
        End(module);
        return Seen(seen, result);
    }

    /// <summary>What hooks see of a result; of several values, which is a record of them, a change in place is not noticed.</summary>
    private static SeenValues? SeenBy<TPost, TResult>(Dictionary<string, TPost>.ValueCollection hooks, TResult result) =>
        hooks.Count > 0 && result is Tensor value ? new SeenValues(value) : null;

    private static TResult Seen<TResult>(SeenValues? seen, TResult result) =>
        seen is { } values && result is Tensor value && values.After(0, value) is TResult after ? after : result;

    private static Dictionary<string, TPre>.ValueCollection Begin<TPre, TPost>(nn.HookableModule<TPre, TPost> module)
    {
        foreach (var hook in HookTables<TPre, TPost>.First(module).Values)
            hook(module);
        return HookTables<TPre, TPost>.Before(module).Values;
    }

    private static Dictionary<string, TPost>.ValueCollection HooksAfter<TPre, TPost>(nn.HookableModule<TPre, TPost> module) =>
        HookTables<TPre, TPost>.After(module).Values;

    private static void End<TPre, TPost>(nn.HookableModule<TPre, TPost> module)
    {
        foreach (var hook in HookTables<TPre, TPost>.Last(module).Values)
            hook(module);
    }
}
