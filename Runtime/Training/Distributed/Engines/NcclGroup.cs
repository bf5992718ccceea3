using System;
using System.Threading;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>A group over NCCL: every process has a CUDA device of its own.</summary>
/// <remarks>
/// Operations go to the stream on which torch computes by default, and so are in order with what made the tensors and what reads them.
/// </remarks>
internal sealed unsafe class NcclGroup : ProcessGroup
{
    // The default stream of the device.
    private const int Stream = 0;
    private const int Sum = 0;

    // cudaErrorNotReady
    private const int NotReady = 600;

    // ncclInProgress
    private const int InProgress = 7;

    private readonly NcclLibrary _library;
    private readonly IntPtr _communicator;
    private readonly Device _device;
    private bool _isAborted;

    private NcclGroup(NcclLibrary library, IntPtr communicator, Device device, ProcessEnvironment environment, TimeSpan timeout)
        : base(environment, timeout)
    {
        _library = library;
        _communicator = communicator;
        _device = device;
    }

    public override string Engine => $"NCCL {_library.Version}";

    private protected override Device BufferDevice => _device;

    /// <summary>Makes a group of processes that have met.</summary>
    public static NcclGroup Create(ProcessEnvironment environment, ProcessGroupOptions options, Meeting meeting)
    {
        const string Key = "nccl";
        return Create(environment, options, id =>
        {
            if (environment.Rank == 0)
                meeting.Set(Key, id);
            return meeting.Find(Key) ?? throw new DistributedException(
                $"Rank 0 gave rank {environment.Rank} no NCCL id within {meeting.Timeout.TotalSeconds:0.#} s.");
        });
    }

    /// <summary>Makes a group of processes that MPI has brought together.</summary>
    public static NcclGroup Create(ProcessEnvironment environment, ProcessGroupOptions options, MpiGroup mpi) =>
        Create(environment, options, id =>
        {
            using var bytes = tensor(id, ScalarType.Byte);
            mpi.Broadcast(bytes, 0, "the NCCL id");
            return bytes.data<byte>().ToArray();
        });

    private protected override bool Carries(ScalarType type) => NcclLibrary.TypeOf(type) is not null;

    private protected override EngineWork StartSum(Tensor buffer)
    {
        var memory = NativeTensor.Pointer<byte>(buffer);
        var type = NcclLibrary.TypeOf(buffer.dtype)!.Value;
        _library.Check(
            _library.AllReduce(memory, memory, (nuint)buffer.numel(), type, Sum, _communicator, Stream), "ncclAllReduce");
        return new NcclWork(this);
    }

    private protected override EngineWork StartBroadcast(Tensor buffer, int root)
    {
        var memory = NativeTensor.Pointer<byte>(buffer);
        var type = NcclLibrary.TypeOf(buffer.dtype)!.Value;
        _library.Check(
            _library.Broadcast(memory, memory, (nuint)buffer.numel(), type, root, _communicator, Stream), "ncclBroadcast");
        return new NcclWork(this);
    }

    private protected override void Close(bool isHealthy)
    {
        if (isHealthy)
            _library.Destroy(_communicator);
        else
            GiveUp();
    }

    private static NcclGroup Create(ProcessEnvironment environment, ProcessGroupOptions options, Func<byte[], byte[]> share)
    {
        var device = options.Device is { type: DeviceType.CUDA, index: >= 0 } given
            ? given
            : new Device(DeviceType.CUDA, environment.LocalRank);
        if (!cuda.is_available() || device.index >= cuda.device_count())
        {
            throw new DistributedException(
                $"Rank {environment.Rank} (local rank {environment.LocalRank}) is to use {device}, but this machine has "
                + $"{(cuda.is_available() ? cuda.device_count() : 0)} CUDA devices: start at most as many processes on it.");
        }

        // Loads CUDA's library, before its functions are looked for.
        using (zeros([1], device: device))
        {
        }

        var library = NcclLibrary.Load();
        var id = default(NcclLibrary.UniqueId);
        if (environment.Rank == 0)
            library.Check(library.GetUniqueId(&id), "ncclGetUniqueId");
        var shared = share(new Span<byte>(&id, NcclLibrary.UniqueId.Size).ToArray());
        shared.CopyTo(new Span<byte>(&id, NcclLibrary.UniqueId.Size));

        var connecting = new Connecting(library, id, environment, device);
        connecting.Run(options.RendezvousTimeout);
        library.SetDevice(device.index);
        var group = new NcclGroup(library, connecting.Communicator, device, environment, options.Timeout);
        // Whoever has passed it needs nothing of the others any more that is not of NCCL's.
        group.Barrier();
        return group;
    }

    /// <summary>Ends what waits on the device for processes that are gone.</summary>
    private void GiveUp()
    {
        if (_isAborted)
            return;
        _isAborted = true;
        _library.Abort(_communicator);
    }

    /// <summary>Joins the others on a thread of its own, which waits in native code where one does not come.</summary>
    private sealed class Connecting(NcclLibrary library, NcclLibrary.UniqueId id, ProcessEnvironment environment, Device device)
    {
        private DistributedException? _failure;

        public IntPtr Communicator { get; private set; }

        public void Run(TimeSpan timeout)
        {
            var thread = new Thread(Join) { IsBackground = true };
            thread.Start();
            if (!thread.Join(timeout))
            {
                throw new DistributedException(
                    $"NCCL did not connect rank {environment.Rank} with the {environment.Size - 1} others within "
                    + $"{timeout.TotalSeconds:0.#} s: each must have another device, and they must reach each other on every port "
                    + "(NCCL_SOCKET_IFNAME names the network).");
            }

            if (_failure is not null)
                throw _failure;
        }

        private void Join()
        {
            try
            {
                // The device of a thread.
                library.SetDevice(device.index);
                IntPtr made;
                library.Check(library.Join(&made, environment.Size, id, environment.Rank), "ncclCommInitRank");
                Communicator = made;
            }
            catch (DistributedException exception)
            {
                _failure = exception;
            }
        }
    }

    private sealed class NcclWork(NcclGroup group) : EngineWork
    {
        private string? _failure;
        private bool _isCompleted;

        public override bool IsCompleted
        {
            get
            {
                if (_isCompleted)
                    return true;
                int error;
                var asked = group._library.GetAsyncError(group._communicator, &error);
                var result = asked != 0 ? asked : error;
                var stream = group._library.QueryStream(Stream);
                if (result is not (0 or InProgress))
                    _failure = group._library.TextOf(result);
                else if (stream is not (0 or NotReady))
                    _failure = $"CUDA error {stream}";
                _isCompleted = _failure is not null || (result == 0 && stream == 0);
                if (_failure is not null)
                    group.GiveUp();
                return _isCompleted;
            }
        }

        public override string? Failure => IsCompleted ? _failure : null;

        public override void Abort() => group.GiveUp();

        public override void Dispose()
        {
        }
    }
}
