using System;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Threading;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Makes sure that torch computes convolutions correctly on this processor. Generated networks and normalization layers
/// check it when they are built.
/// </summary>
/// <remarks>
/// oneDNN (3.7.1 in libtorch 2.10) reads an AMD processor's caches from CPUID leaf 0x8000001D. Some hypervisors leave that
/// leaf empty; oneDNN then takes every cache for one byte, orders its loops for that, and where channels are padded to its
/// blocks clears the wrong part of a kernel: convolutions of 1, 8, 12 or 20 channels come out wrong, and nothing says so.
/// </remarks>
public static class NativeConvolutions
{
    private const uint CacheLeaf = 0x8000001D;

    // Far above the rounding of 32 bits, far below the error's effect.
    private const float Tolerance = 1e-3f;

    private static readonly Lazy<bool> Checked = new(CheckOnce, LazyThreadSafetyMode.ExecutionAndPublication);

    /// <summary>
    /// Where the processor hides its caches: tells oneDNN that it does not know them, and compares a few small convolutions,
    /// forward and backward, with torch's own. If they still differ, oneDNN is switched off for the process, as
    /// <c>torch.backends.mkldnn</c> does in Python, and standard error says so. Later calls cost nothing.
    /// </summary>
    /// <returns>Whether oneDNN can be trusted; elsewhere always true.</returns>
    public static bool Check() => Checked.Value;

    private static bool CheckOnce()
    {
        if (!HidesCaches() || OneDnn.Find() is not { IsEnabled: true } oneDnn)
            return true;

        // The caller's inference mode would leave nothing to differentiate.
        using var ordinary = inference_mode(false);

        // NNPACK does not start on such a processor either, and says so at every convolution.
        oneDnn.UseNnpack(false);
        WakeUp();
        oneDnn.ForgetCaches();
        if (IsRight(oneDnn))
            return true;

        oneDnn.IsEnabled = false;
        Console.Error.WriteLine(
            "KnDsl: oneDNN computes convolutions wrongly on this processor, whose cache sizes it cannot read; " +
            "torch's own, slower ones are used instead.");
        return false;
    }

    private static bool HidesCaches()
    {
        // Seen on Linux; the names below are those that its compilers give.
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64 || !X86Base.IsSupported)
            return false;
        var (_, ebx, ecx, edx) = X86Base.CpuId(0, 0);
        var isAmd = (ebx, edx, ecx) == (0x68747541, 0x69746E65, 0x444D4163); // "AuthenticAMD"
        return isAmd && X86Base.CpuId(unchecked((int)CacheLeaf), 0) == default;
    }

    /// <summary>
    /// Has oneDNN look at the processor. It keeps the code that it once made, by sizes, so these are unusual and have no
    /// padded channels: no wrong code is kept.
    /// </summary>
    private static void WakeUp()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        nn.functional.conv2d(Wave([17, 32, 5, 7]), Wave([32, 32, 5, 5]));
    }

    private static bool IsRight(OneDnn oneDnn)
    {
        // Channels that are not a multiple of its blocks of 8 and of 16.
        foreach (var (inputs, outputs) in new[] { (12L, 20L), (8L, 8L) })
        {
            using var scope = NewDisposeScope();
            var (x, weight) = (Wave([17, inputs, 13, 11]), Wave([outputs, inputs, 3, 3]));
            oneDnn.IsEnabled = false;
            var expected = Convolve(x, weight);
            oneDnn.IsEnabled = true;
            var found = Convolve(x, weight);
            for (var i = 0; i < expected.Length; i++)
            {
                var (difference, size) = ((expected[i] - found[i]).abs().max(), expected[i].abs().max());
                // Not "greater": NaN is wrong too.
                if (!(difference.item<float>() < Tolerance * size.item<float>()))
                    return false;
            }
        }

        return true;
    }

    /// <summary>A convolution's output, and its gradients by input and weight.</summary>
    private static Tensor[] Convolve(Tensor x, Tensor weight)
    {
        using var enabled = enable_grad();
        var (input, kernel) = (x.detach().requires_grad_(), weight.detach().requires_grad_());
        var y = nn.functional.conv2d(input, kernel, padding: [1, 1]);
        var gradients = autograd.grad([y], [input, kernel], [y.detach().cos()]);
        return [y.detach(), gradients[0], gradients[1]];
    }

    /// <summary>Numbers of no pattern, without a draw from the user's random numbers.</summary>
    private static Tensor Wave(long[] shape)
    {
        long count = 1;
        foreach (var size in shape)
            count *= size;
        return (Range(count, ScalarType.Float32, CPU) * Held(12.9898f)).sin().mul_(Held(437.5453f)).frac().view(shape);
    }
}
