using System;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>
/// Tells when the gradient of a parameter is complete, in the middle of a backward pass: torch's register_post_accumulate_grad_hook, which
/// TorchSharp has no function for. Where libtorch's own cannot be reached, nothing is told.
/// </summary>
internal static unsafe class GradientHooks
{
    // An object of torch::autograd::PostAccumulateGradHook: a table of virtual functions, and what is ours.
    private const int ObjectSize = 2;

    private static readonly Lazy<IntPtr> SetHook = new(Find);

    // Two destructors, the call, and two functions that only compiled graphs use.
    private static readonly IntPtr Table = CreateTable();

    /// <summary>Whether hooks can be set.</summary>
    public static bool AreSupported => SetHook.Value != 0;

    /// <summary>Calls a function each time that a backward pass has added to a parameter's gradient, on the thread of the pass.</summary>
    /// <param name="parameter">A leaf that needs a gradient.</param>
    /// <param name="function">What is called; it must not throw. Null calls nothing any more.</param>
    public static void Set(Tensor parameter, Action? function)
    {
        // A std::unique_ptr, passed by its address as it has a destructor.
        var hook = IntPtr.Zero;
        if (function is not null)
        {
            var memory = (IntPtr*)NativeMemory.Alloc(ObjectSize, (nuint)sizeof(IntPtr));
            memory[0] = Table;
            memory[1] = GCHandle.ToIntPtr(GCHandle.Alloc(function));
            hook = (IntPtr)memory;
        }

        ((delegate* unmanaged<IntPtr, IntPtr*, void>)SetHook.Value)(parameter.Handle, &hook);
        if (hook != 0)
            Free(hook);
    }

    private static IntPtr Find() => LoadedLibrary.PathOfTorch() is { } path
        ? new NativeSymbols(NativeLibrary.Load(path)).Find(
            "_ZN5torch8autograd4impl23set_post_acc_grad_hooksERKN2at10TensorBaseESt10unique_ptrINS0_22PostAccumulateGradHookE"
            + "St14default_deleteIS7_EE")
        : 0;

    private static IntPtr CreateTable()
    {
        var table = (IntPtr*)NativeMemory.AllocZeroed(7, (nuint)sizeof(IntPtr));
        // Before the functions the offset to the top of the object, and its type, which nobody asks for.
        var functions = table + 2;
        functions[0] = (IntPtr)(delegate* unmanaged<IntPtr, void>)&Destruct;
        functions[1] = (IntPtr)(delegate* unmanaged<IntPtr, void>)&Delete;
        functions[2] = (IntPtr)(delegate* unmanaged<IntPtr, IntPtr, void>)&Call;
        functions[3] = functions[4] = (IntPtr)(delegate* unmanaged<IntPtr, void>)&Destruct;
        return (IntPtr)functions;
    }

    [UnmanagedCallersOnly]
    private static void Destruct(IntPtr hook)
    {
    }

    [UnmanagedCallersOnly]
    private static void Delete(IntPtr hook) => Free(hook);

    [UnmanagedCallersOnly]
    private static void Call(IntPtr hook, IntPtr tensor) => ((Action)GCHandle.FromIntPtr(((IntPtr*)hook)[1]).Target!)();

    private static void Free(IntPtr hook)
    {
        GCHandle.FromIntPtr(((IntPtr*)hook)[1]).Free();
        NativeMemory.Free((void*)hook);
    }
}
