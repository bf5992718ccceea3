using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>Keeps the copies of a network that the processes have the same.</summary>
public static class Replicas
{
    /// <summary>
    /// Gives all processes the parameters and buffers of rank 0, after it has made sure that they have the same network, and connects the
    /// layers of <c>batch(synchronized: true)</c>. Optimizers keep the parameters that they have: these are written to.
    /// </summary>
    /// <param name="group">The processes.</param>
    /// <param name="network">The network of this process.</param>
    /// <exception cref="DistributedException">Another process has other parameters, has ended, or did not answer in time.</exception>
    public static void Broadcast(ProcessGroup group, nn.Module network)
    {
        foreach (var layer in network.modules().OfType<BatchNormLayer>().Where(layer => layer.IsSynchronized))
            layer.Exchange = group.Size == 1 ? null : new StatisticExchange(group);
        if (group.Size == 1)
            return;
        var entries = Entries(network);
        CheckLayout(group, entries);
        using var noGrad = no_grad();
        foreach (var (name, tensor) in entries)
        {
            using var values = tensor.detach();
            group.Broadcast(values, 0, name);
            // It is written where it is: whoever has remembered its values must see that.
            TensorVersion.Raise(tensor);
        }
    }

    /// <summary>Compares parameters, bit by bit, by a checksum of each.</summary>
    /// <param name="group">The processes.</param>
    /// <param name="network">The network of this process.</param>
    /// <exception cref="DistributedException">
    /// They differ: the message names the first parameter that does, and the ranks. Or another process has ended, or did not answer in
    /// time.
    /// </exception>
    public static void Check(ProcessGroup group, nn.Module network)
    {
        if (group.Size == 1)
            return;
        // Running averages are of each process's own batches.
        var entries = network.named_parameters().Select(entry => (entry.name, Tensor: (Tensor)entry.parameter)).ToArray();
        CheckLayout(group, entries);
        var own = Array.ConvertAll(entries, entry => Checksum(entry.Tensor));
        using var first = tensor(own, ScalarType.Int64);
        group.Broadcast(first, 0, "checksums of the parameters");
        var ofFirst = first.data<long>().ToArray();
        var differing = Enumerable.Range(0, own.Length).FirstOrDefault(i => own[i] != ofFirst[i], -1);
        var places = group.Gather(differing + 1, "comparison of the parameters");
        if (places.All(place => place == 0))
            return;
        var earliest = places.Where(place => place > 0).Min() - 1;
        var ranks = Enumerable.Range(0, group.Size).Where(rank => places[rank] > 0).ToArray();
        throw new DistributedException(
            $"The parameters of {Ranks(ranks)} differ from those of rank 0, first in '{entries[earliest].name}'. All processes must start "
            + "from the same values, reduce all gradients, and make the same steps: is a parameter missing in the reducer, or changed in "
            + "some processes only?");
    }

    /// <summary>
    /// Replaces buffers of floating point types, which are running averages, by their means over the processes: before an evaluation or a
    /// checkpoint. Counters stay.
    /// </summary>
    /// <param name="group">The processes.</param>
    /// <param name="network">The network of this process.</param>
    /// <exception cref="DistributedException">Another process has ended, or did not answer in time.</exception>
    public static void AverageBuffers(ProcessGroup group, nn.Module network)
    {
        if (group.Size == 1)
            return;
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var buffers = network.named_buffers().Where(entry => entry.buffer.is_floating_point()).ToArray();
        foreach (var kind in buffers.GroupBy(entry => (entry.buffer.dtype, entry.buffer.device_type, entry.buffer.device_index)))
        {
            // Many small ones: they go as one.
            var flat = cat([.. kind.Select(entry => entry.buffer.flatten())], 0);
            group.AllReduce(flat, Reduction.Mean, $"running averages ({kind.First().name} and others)");
            var at = 0L;
            foreach (var (_, buffer) in kind)
            {
                buffer.copy_(flat.narrow(0, at, buffer.numel()).view(buffer.shape));
                at += buffer.numel();
            }
        }
    }

    private static (string Name, Tensor Tensor)[] Entries(nn.Module network) =>
    [
        .. network.named_parameters().Select(entry => (entry.name, (Tensor)entry.parameter)),
        .. network.named_buffers().Select(entry => (entry.name, entry.buffer)),
    ];

    /// <summary>Before tensors of different sizes meet, which would hang or fail: do all have the same names, types and shapes?</summary>
    private static void CheckLayout(ProcessGroup group, IReadOnlyList<(string Name, Tensor Tensor)> entries)
    {
        var text = string.Join("\n", entries.Select(entry => $"{entry.Name} {entry.Tensor.dtype} {string.Join('x', entry.Tensor.shape)}"));
        var layouts = group.Gather(Checksum(Encoding.UTF8.GetBytes(text)), "comparison of the networks");
        var counts = group.Gather(entries.Count, "comparison of the networks");
        var others = Enumerable.Range(0, group.Size).Where(rank => layouts[rank] != layouts[0]).ToArray();
        if (others.Length == 0)
            return;
        throw new DistributedException(
            $"The network of {Ranks(others)} is not that of rank 0: its {counts[others[0]]} tensors differ from the {counts[0]} of rank 0 "
            + "in their number, names, types or shapes. All processes must build the same network.");
    }

    private static string Ranks(int[] ranks) => ranks.Length == 1 ? $"rank {ranks[0]}" : $"ranks {string.Join(", ", ranks)}";

    private static unsafe long Checksum(Tensor tensor)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var values = tensor.detach().cpu().contiguous();
        var (part, left) = ((nint)NativeTensor.Pointer<byte>(values), values.numel() * values.element_size());
        var sum = 0xCBF29CE484222325;
        while (left > 0)
        {
            var length = (int)Math.Min(left, 1 << 30);
            sum = Checksum(new ReadOnlySpan<byte>((byte*)part, length), sum);
            (part, left) = (part + length, left - length);
        }

        return (long)sum;
    }

    /// <summary>FNV-1a over words of 64 bits, going on from the sum of what comes before.</summary>
    private static ulong Checksum(ReadOnlySpan<byte> bytes, ulong sum)
    {
        const ulong Prime = 0x100000001B3;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            sum = (sum ^ word) * Prime;
        foreach (var rest in bytes[(words.Length * sizeof(ulong))..])
            sum = (sum ^ rest) * Prime;
        return sum;
    }
}
