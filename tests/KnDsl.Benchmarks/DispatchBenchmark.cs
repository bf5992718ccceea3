using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl.Benchmarks;

/// <summary>
/// Counts the operations that a layer sends to a device in a training pass: on a device each of them costs a launch, and small maps cost
/// little else. Counted on a CPU, on the path that a device takes.
/// </summary>
internal static class DispatchBenchmark
{
    private static readonly (string Name, NormPolicy Policy)[] Policies =
    [
        ("kalman", NormPolicy.Kalman()),
        ("kalman(microbatch: 2)", NormPolicy.Kalman(microbatch: 2)),
        ("batch", NormPolicy.Batch()),
        ("batch(microbatch: 2)", NormPolicy.Batch(microbatch: 2)),
        ("renorm", NormPolicy.Renorm()),
        ("group(8)", NormPolicy.Group(8)),
        ("groupkalman(8)", NormPolicy.GroupKalman(8)),
        ("instancekalman", NormPolicy.InstanceKalman()),
    ];

    /// <summary>Operations that send nothing: they view, or only call others.</summary>
    private static readonly HashSet<string> Views =
    [
        "aten::view", "aten::as_strided", "aten::alias", "aten::detach", "detach", "aten::expand", "aten::unsqueeze", "aten::squeeze",
        "aten::reshape", "aten::select", "aten::slice", "aten::narrow", "aten::t", "aten::transpose", "aten::permute", "aten::unbind",
        "aten::_reshape_alias", "aten::empty", "aten::empty_like", "aten::empty_strided", "aten::resolve_conj", "aten::resolve_neg",
        "aten::to", "aten::_to_copy", "aten::contiguous", "aten::clone", "aten::ones_like", "aten::zeros_like", "aten::zeros", "aten::ones",
        "aten::full", "aten::new_zeros", "aten::new_ones", "aten::batch_norm", "aten::_batch_norm_impl_index", "aten::repeat",
        "aten::isfinite", "aten::square", "aten::rsub",
    ];

    public static void Run()
    {
        var figures = new List<string>();
        Console.WriteLine("operations that one layer, 8x64x14x14, sends in training: forward, backward, the prior of another among them");
        foreach (var (name, policy) in Policies)
        {
            using var scope = NewDisposeScope();
            using var first = policy.Create(64);
            using var layer = policy.Create(64);
            var x = randn(8, 64, 14, 14).requires_grad_();
            IReadOnlyDictionary<string, int>? forward, backward;
            using (DevicePath.TakeOnCpu())
            {
                var (_, emitted, _) = first.call(x, null);
                // The counters of schedules are asked for once.
                layer.call(x, emitted);
                var output = x;
                forward = Dispatched.By(() => output = layer.call(x, emitted).output);
                backward = Dispatched.By(() => output.sum().backward());
            }

            if (forward is null || backward is null)
            {
                Console.WriteLine("libtorch's callbacks are found on Linux only.");
                return;
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-24} {Sent(forward),4} {Sent(backward),4}"));
            figures.Add($"{name.Replace(": ", "", StringComparison.Ordinal)}_sent: {Sent(forward) + Sent(backward)}");
        }

        Console.WriteLine(string.Join(" ", figures));
    }

    private static int Sent(IReadOnlyDictionary<string, int> dispatched) => dispatched
        .Where(operation => operation.Key.StartsWith("aten::", StringComparison.Ordinal) && !Views.Contains(operation.Key))
        .Sum(operation => operation.Value);
}
