using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Convolutions of TorchSharp that do nothing but convolve, so that they can be called with another weight.</summary>
internal static class PlainConvolution
{
    /// <summary>Whether it pads with given numbers of zeros, and no hook waits for its call.</summary>
    public static bool Is(Convolution convolution) =>
        convolution is Conv1d or Conv2d or Conv3d &&
        convolution.padding_mode == PaddingModes.Zeros && convolution.padding_type is null && !HasHooks(convolution);

    /// <summary>The convolution with another weight of the same shape.</summary>
    public static Tensor Forward(Convolution convolution, Tensor input, Tensor weight) => convolution switch
    {
        Conv1d c => nn.functional.conv1d(input, weight, c.bias, c.stride[0], c.padding![0], c.dilation[0], c.groups),
        Conv2d c => nn.functional.conv2d(input, weight, c.bias, c.stride, c.padding, c.dilation, c.groups),
        Conv3d c => nn.functional.conv3d(input, weight, c.bias, c.stride, c.padding, c.dilation, c.groups),
        _ => throw new ArgumentException($"{convolution.GetName()} does more than convolve.", nameof(convolution)),
    };

    private static bool HasHooks(Convolution convolution) =>
        Hooks<Func<nn.Module<Tensor, Tensor>, Tensor, Tensor>, Func<nn.Module<Tensor, Tensor>, Tensor, Tensor, Tensor>>.Any(convolution);

    /// <summary>TorchSharp keeps hooks private; with a call that goes around them they would never be called.</summary>
    private static class Hooks<TBefore, TAfter>
    {
        public static bool Any(nn.HookableModule<TBefore, TAfter> module) =>
            Before(module).Count + After(module).Count + ModuleBefore(module).Count + ModuleAfter(module).Count > 0;

        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "pre_hooks")]
        private static extern ref Dictionary<string, TBefore> Before(nn.HookableModule<TBefore, TAfter> module);

        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "post_hooks")]
        private static extern ref Dictionary<string, TAfter> After(nn.HookableModule<TBefore, TAfter> module);

        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "module_pre_hooks")]
        private static extern ref Dictionary<string, Action<nn.Module>> ModuleBefore(nn.HookableModule<TBefore, TAfter> module);

        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "module_post_hooks")]
        private static extern ref Dictionary<string, Action<nn.Module>> ModuleAfter(nn.HookableModule<TBefore, TAfter> module);
    }
}
