using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>The hooks of a module, which TorchSharp shows only to the classes that derive from it.</summary>
/// <typeparam name="TPre">The type of its hooks that see the inputs.</typeparam>
/// <typeparam name="TPost">The type of its hooks that see inputs and outputs.</typeparam>
internal static class HookTables<TPre, TPost>
{
    /// <summary>Hooks that run before the forward pass, without its values; they come first.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "module_pre_hooks")]
    public static extern ref Dictionary<string, Action<nn.Module>> First(nn.HookableModule<TPre, TPost> module);

    /// <summary>Hooks that see, and may change, the inputs.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "pre_hooks")]
    public static extern ref Dictionary<string, TPre> Before(nn.HookableModule<TPre, TPost> module);

    /// <summary>Hooks that see the inputs, and see and may change the result.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "post_hooks")]
    public static extern ref Dictionary<string, TPost> After(nn.HookableModule<TPre, TPost> module);

    /// <summary>Hooks that run after the forward pass, without its values; they come last.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "module_post_hooks")]
    public static extern ref Dictionary<string, Action<nn.Module>> Last(nn.HookableModule<TPre, TPost> module);
}
