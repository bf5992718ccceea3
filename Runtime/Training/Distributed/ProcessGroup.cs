using System;
using TorchSharp;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>
/// The processes that train together, on one machine or several. Each has a rank, from 0 to <see cref="Size"/> - 1, and calls the same
/// operations in the same order; an operation ends when all have called it. A group of one process needs no engine: its operations
/// change nothing.
/// </summary>
/// <remarks>Once an operation has failed, every later one throws: what the others have got is not known any more.</remarks>
public abstract class ProcessGroup : IDisposable
{
    private readonly TimeSpan _timeout;
    private string? _failure;

    private protected ProcessGroup(ProcessEnvironment environment, TimeSpan timeout)
    {
        Rank = environment.Rank;
        Size = environment.Size;
        LocalRank = environment.LocalRank;
        _timeout = timeout;
    }

    /// <summary>The number of this process, from 0.</summary>
    public int Rank { get; }

    /// <summary>How many processes there are.</summary>
    public int Size { get; }

    /// <summary>The number of this process among those of its machine, from 0: that of its CUDA device.</summary>
    public int LocalRank { get; }

    /// <summary>Whether this is the process that writes checkpoints and reports.</summary>
    public bool IsMain => Rank == 0;

    /// <summary>What carries the tensors, with its version where that is known; "none" in a group of one.</summary>
    public abstract string Engine { get; }

    /// <summary>Bytes of the tensors that were given to operations until now; in a ring each process sends 2 (n - 1) / n of them.</summary>
    public long Bytes { get; private set; }

    /// <summary>Operations until now.</summary>
    public long Operations { get; private set; }

    /// <summary>The processes that the environment tells of; all of them must call it. Without an environment a group of one.</summary>
    /// <param name="options">How they find each other; null is the defaults.</param>
    /// <exception cref="DistributedException">
    /// The environment is inconsistent, an engine's library is missing or of another version, or a process did not come in time.
    /// </exception>
    public static ProcessGroup Create(ProcessGroupOptions? options = null) => ProcessGroupFactory.Create(options ?? new());

    /// <summary>A group of this process alone.</summary>
    public static ProcessGroup Single() => new SingleProcess();

    /// <summary>Replaces a tensor by the sum or mean of the tensors of all processes, and waits for it.</summary>
    /// <param name="tensor">A dense tensor, of the same shape and type in all processes, that no gradient is recorded for.</param>
    /// <param name="reduction">What to make of them.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="DistributedException">Another process has ended, or did not answer in time.</exception>
    /// <exception cref="ArgumentException">The tensor cannot be reduced.</exception>
    public void AllReduce(Tensor tensor, Reduction reduction = Reduction.Sum, string name = "a tensor") =>
        AllReduceAsync(tensor, reduction, name).Wait();

    /// <summary>The number that each process gives, by rank.</summary>
    internal long[] Gather(long number, string name)
    {
        using var slots = zeros([Size], ScalarType.Int64, CPU);
        slots[Rank] = number;
        AllReduce(slots, Reduction.Sum, name);
        return slots.data<long>().ToArray();
    }

    /// <summary>Starts <see cref="AllReduce"/>; the tensor must stay as it is until the operation has been waited for.</summary>
    /// <inheritdoc cref="AllReduce"/>
    public PendingReduction AllReduceAsync(Tensor tensor, Reduction reduction = Reduction.Sum, string name = "a tensor")
    {
        CheckTensor(tensor);
        if (reduction == Reduction.Mean && !tensor.is_floating_point())
            throw new ArgumentException($"{name} is of {tensor.dtype}: only floating point tensors have a mean.", nameof(tensor));
        if (ReducedType(tensor.dtype) is not { } type)
            throw new ArgumentException($"{name} cannot be reduced: {Engine} has no sums of {tensor.dtype}.", nameof(tensor));
        return Start(
            $"all-reduce of {name}", tensor, type, StartSum,
            reduction == Reduction.Mean ? buffer => buffer.div_(Held(Size)) : null);
    }

    /// <summary>Replaces a tensor by that of one process.</summary>
    /// <param name="tensor">A dense tensor, of the same shape and type in all processes.</param>
    /// <param name="root">The rank of the process whose tensor it is.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="DistributedException">Another process has ended, or did not answer in time.</exception>
    /// <exception cref="ArgumentException">The tensor cannot be sent, or there is no such process.</exception>
    public void Broadcast(Tensor tensor, int root = 0, string name = "a tensor")
    {
        CheckTensor(tensor);
        if (root < 0 || root >= Size)
            throw new ArgumentException($"There is no rank {root} in a group of {Size}.", nameof(root));
        if (CarriedType(tensor.dtype) is not { } type)
            throw new ArgumentException($"{name} cannot be sent: it is of {tensor.dtype}.", nameof(tensor));
        Start($"broadcast of {name}", tensor, type, buffer => StartBroadcast(buffer, root), null).Wait();
    }

    /// <summary>Waits until all processes have called it.</summary>
    /// <exception cref="DistributedException">Another process has ended, or did not answer in time.</exception>
    public void Barrier()
    {
        using var one = ones([1], ScalarType.Int32, BufferDevice);
        Start("barrier", one, ScalarType.Int32, StartSum, null).Wait();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close(isHealthy: _failure is null);
        GC.SuppressFinalize(this);
    }

    /// <summary>Where tensors must be for the engine.</summary>
    private protected abstract Device BufferDevice { get; }

    /// <summary>Starts to replace a contiguous tensor by the sum of those of all processes.</summary>
    private protected abstract EngineWork StartSum(Tensor buffer);

    /// <summary>Starts to replace a contiguous tensor by that of one process.</summary>
    private protected abstract EngineWork StartBroadcast(Tensor buffer, int root);

    /// <summary>Types that the engine carries as they are.</summary>
    private protected virtual bool Carries(ScalarType type) =>
        type is ScalarType.Float32 or ScalarType.Float64 or ScalarType.Int32 or ScalarType.Int64;

    /// <summary>Gives up the connections.</summary>
    private protected abstract void Close(bool isHealthy);

    /// <summary>The type in which sums of a type are computed.</summary>
    private ScalarType? ReducedType(ScalarType type) => type switch
    {
        _ when Carries(type) => type,
        ScalarType.Float16 or ScalarType.BFloat16 => ScalarType.Float32,
        _ => null,
    };

    /// <summary>A type that holds every value of a type, and that the engine carries.</summary>
    private ScalarType? CarriedType(ScalarType type) => type switch
    {
        _ when Carries(type) => type,
        ScalarType.Float16 or ScalarType.BFloat16 => ScalarType.Float32,
        ScalarType.Bool or ScalarType.Byte or ScalarType.Int8 or ScalarType.Int16 => ScalarType.Int32,
        _ => null,
    };

    private PendingReduction Start(string operation, Tensor tensor, ScalarType type, Func<Tensor, EngineWork> start, Action<Tensor>? then)
    {
        if (_failure is not null)
            throw new DistributedException($"Rank {Rank} cannot start the {operation}: an earlier operation failed. {_failure}");
        if (Size == 1 || tensor.numel() == 0)
            return new(null, _timeout, null, null);

        Operations++;
        Bytes += tensor.numel() * tensor.element_size();
        using var noGrad = no_grad();
        var buffer = BufferFor(tensor, type);
        return new(start(buffer), _timeout, Finish, Fail);

        void Finish()
        {
            using var noGrad = no_grad();
            then?.Invoke(buffer);
            if (!ReferenceEquals(buffer, tensor))
            {
                tensor.copy_(buffer);
                buffer.Dispose();
            }
        }

        DistributedException Fail(string how)
        {
            _failure = $"On rank {Rank} of {Size} ({Engine}) the {operation} of shape [{string.Join(", ", tensor.shape)}] {how}.";
            return new($"{_failure} The processes cannot go on together: end them, and resume from the last checkpoint.");
        }
    }

    /// <summary>The tensor itself, or what is carried in its place.</summary>
    private Tensor BufferFor(Tensor tensor, ScalarType type)
    {
        if (tensor.dtype == type && tensor.device_type == BufferDevice.type && tensor.is_contiguous())
            return tensor;
        using var moved = tensor.to(type, BufferDevice, copy: true);
        return moved.contiguous().DetachFromDisposeScope();
    }

    private static void CheckTensor(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.is_sparse || tensor.device_type == DeviceType.META)
            throw new ArgumentException("The tensor must be dense and have values.", nameof(tensor));
    }
}
