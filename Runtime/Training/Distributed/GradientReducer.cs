using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.ExceptionServices;
using TorchSharp.Modules;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>
/// Averages the gradients of a network's parameters over all processes, so that each makes the step that one process would make with the
/// batches of all. Gradients go together in buckets; those of the last layers, which a backward pass has first, go first.
/// </summary>
/// <remarks>
/// Each process has to have the same parameters in the same order, and the same values: <see cref="Replicas"/> sees to both. Where a
/// parameter has a gradient in some processes only, it counts as zero in the others; where it has none in any, it stays without.
/// The mean over processes is the mean over samples where all have equally many.
/// </remarks>
public sealed class GradientReducer : IDisposable
{
    /// <summary>What a bucket holds by default: PyTorch's 25 MB.</summary>
    public const long DefaultBucketBytes = 25 << 20;

    private readonly ProcessGroup _group;
    private readonly Bucket[] _buckets;
    private readonly (Parameter Parameter, Bucket Bucket)[] _hooked = [];
    private ExceptionDispatchInfo? _failure;
    private int _started;
    private bool _isPrepared;

    /// <summary>Prepares buckets for parameters.</summary>
    /// <param name="group">The processes.</param>
    /// <param name="parameters">
    /// The parameters with their names, in the order in which the network uses them: <c>network.named_parameters()</c>. Frozen ones, which
    /// need no gradient, are left out.
    /// </param>
    /// <param name="bucketBytes">How many bytes go together, at least 1; a larger parameter goes alone.</param>
    /// <param name="overlap">
    /// Whether <see cref="Prepare"/> has full buckets sent while the backward pass goes on. It hides waiting where the network or the
    /// device carries tensors by itself; where the CPU does both it gains little.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A bucket holds nothing.</exception>
    public GradientReducer(
        ProcessGroup group, IEnumerable<(string name, Parameter parameter)> parameters, long bucketBytes = DefaultBucketBytes,
        bool overlap = true)
    {
        _ = Setting.AtLeastOne(bucketBytes);
        _group = group;
        var trained = parameters.Where(entry => entry.parameter.requires_grad).Reverse().ToArray();
        _buckets = group.Size == 1 ? [] : [.. Bucket.Divide(trained, bucketBytes)];
        if (overlap && group.Size > 1 && GradientHooks.AreSupported)
        {
            _hooked = [.. _buckets.SelectMany(bucket => bucket.Parameters.Select(parameter => (parameter, bucket)))];
            foreach (var (parameter, bucket) in _hooked)
                GradientHooks.Set(parameter, () => Arrived(bucket));
        }
    }

    /// <summary>How many buckets there are.</summary>
    public int BucketCount => _buckets.Length;

    /// <summary>
    /// Before the last backward pass of a step: buckets are sent as soon as their gradients are complete. Without it they are sent by
    /// <see cref="Average"/>; so passes that only accumulate gradients are not prepared.
    /// </summary>
    /// <exception cref="InvalidOperationException">Gradients were sent, and <see cref="Average"/> was not called.</exception>
    public void Prepare()
    {
        if (_started > 0)
            throw new InvalidOperationException("Gradients were sent, and Average() was not called after their backward pass.");
        _isPrepared = _hooked.Length > 0;
        foreach (var bucket in _buckets)
            bucket.Missing = bucket.Parameters.Count;
    }

    /// <summary>After the backward pass: the gradients of all parameters are the means over the processes.</summary>
    /// <exception cref="DistributedException">Another process has ended, or did not answer in time.</exception>
    /// <exception cref="InvalidOperationException">There were two backward passes after <see cref="Prepare"/>.</exception>
    public void Average()
    {
        using var noGrad = no_grad();
        _isPrepared = false;
        var failure = _failure;
        _failure = null;
        failure?.Throw();
        while (_started < _buckets.Length)
            _buckets[_started++].Start(_group);
        _started = 0;
        foreach (var bucket in _buckets)
            bucket.Finish();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (parameter, _) in _hooked)
        {
            if (!parameter.IsInvalid)
                GradientHooks.Set(parameter, null);
        }

        foreach (var bucket in _buckets)
            bucket.Dispose();
    }

    /// <summary>In a backward pass: one more gradient of a bucket is there. Buckets go in the same order in all processes.</summary>
    private void Arrived(Bucket bucket)
    {
        if (!_isPrepared)
            return;
        try
        {
            // What it adds would be lost: the bucket has been sent, or is about to be.
            if (bucket.Missing == 0)
                throw new InvalidOperationException("A second backward pass came after Prepare(): call it before the last one of a step.");
            if (--bucket.Missing > 0)
                return;
            using var noGrad = no_grad();
            while (_started < _buckets.Length && _buckets[_started].Missing == 0)
                _buckets[_started++].Start(_group);
        }
        catch (Exception exception)
        {
            // It must not cross into native code: the step throws it.
            _failure = ExceptionDispatchInfo.Capture(exception);
            _isPrepared = false;
        }
    }

    /// <summary>Parameters of one type and device whose gradients go together.</summary>
    private sealed class Bucket : IDisposable
    {
        // After the gradients one number for each parameter: whether there is a gradient, and in the mean, in how many processes.
        private readonly Tensor _flat;
        private readonly string _name;
        private PendingReduction? _pending;

        private Bucket(int number, IReadOnlyList<(string Name, Parameter Parameter)> entries)
        {
            Parameters = [.. entries.Select(entry => entry.Parameter)];
            var first = Parameters[0];
            var length = Parameters.Sum(parameter => parameter.numel()) + Parameters.Count;
            _flat = zeros([length], first.dtype, first.device).DetachFromDisposeScope();
            _name = $"the gradients of bucket {number} ({entries[0].Name}{(entries.Count > 1 ? $" to {entries[^1].Name}" : "")})";
        }

        public IReadOnlyList<Parameter> Parameters { get; }

        /// <summary>How many gradients a pass has still to give.</summary>
        public int Missing { get; set; }

        public static IEnumerable<Bucket> Divide((string Name, Parameter Parameter)[] entries, long bucketBytes)
        {
            var number = 0;
            for (var start = 0; start < entries.Length;)
            {
                var (first, bytes, end) = (entries[start].Parameter, 0L, start);
                do
                {
                    bytes += entries[end].Parameter.numel() * first.element_size();
                    end++;
                }
                while (end < entries.Length && IsOfKind(entries[end].Parameter, first)
                    && bytes + entries[end].Parameter.numel() * first.element_size() <= bucketBytes);
                yield return new(number++, entries[start..end]);
                start = end;
            }
        }

        private static bool IsOfKind(Tensor parameter, Tensor other) =>
            parameter.dtype == other.dtype && parameter.device_type == other.device_type && parameter.device_index == other.device_index;

        public void Start(ProcessGroup group)
        {
            using var scope = NewDisposeScope();
            var (at, flag) = (0L, _flat.numel() - Parameters.Count);
            foreach (var parameter in Parameters)
            {
                var place = _flat.narrow(0, at, parameter.numel());
                if (parameter.grad is { } gradient)
                    place.view(parameter.shape).copy_(gradient);
                else
                    place.zero_();
                _flat.narrow(0, flag++, 1).fill_(Held(parameter.grad is null ? 0 : 1));
                at += parameter.numel();
            }

            _pending = group.AllReduceAsync(_flat, Reduction.Mean, _name);
        }

        public void Finish()
        {
            _pending!.Wait();
            using var scope = NewDisposeScope();
            var (at, flag) = (0L, _flat.numel() - Parameters.Count);
            foreach (var parameter in Parameters)
            {
                var mean = _flat.narrow(0, at, parameter.numel()).view(parameter.shape);
                if (parameter.grad is { } gradient)
                    gradient.copy_(mean);
                else if (_flat.narrow(0, flag, 1).cpu().to(ScalarType.Float64).item<double>() > 0)
                    parameter.grad = mean.clone();
                flag++;
                at += parameter.numel();
            }
        }

        public void Dispose() => _flat.Dispose();
    }
}
