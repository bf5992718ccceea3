using System;
using System.Collections.Generic;
using System.Threading;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>A group over MPI, whose <c>mpirun</c> started the processes, and ends all of them when one dies.</summary>
internal sealed unsafe class MpiGroup : ProcessGroup
{
    // MPI counts elements in 32 bits; a larger tensor goes in parts.
    private const long MaxCount = 1 << 30;

    // MPI_THREAD_SERIALIZED: several threads, one at a time. A backward pass may run on a thread of its own.
    private const int Serialized = 2;

    private readonly MpiLibrary _library;
    private readonly Lock _lock = new();

    private MpiGroup(MpiLibrary library, ProcessEnvironment environment, TimeSpan timeout)
        : base(environment, timeout)
    {
        _library = library;
    }

    public override string Engine => NameOf(_library);

    private protected override Device BufferDevice => CPU;

    /// <summary>Starts MPI, and checks that it knows of the same processes as the environment.</summary>
    public static MpiGroup Create(ProcessEnvironment environment, TimeSpan timeout)
    {
        var library = MpiLibrary.Load();
        int isStarted, level, rank, size;
        library.Initialized(&isStarted);
        if (isStarted == 0)
        {
            Check(library.InitializeWithThreads(null, null, Serialized, &level), "MPI_Init_thread");
            // MPI wants to be told that a process ends; else mpirun takes it for a failure.
            AppDomain.CurrentDomain.ProcessExit += (_, _) => End(library);
        }

        Check(library.Rank(library.World, &rank), "MPI_Comm_rank");
        Check(library.Size(library.World, &size), "MPI_Comm_size");
        if (size != environment.Size || rank != environment.Rank)
        {
            throw new DistributedException(
                $"{environment.Source} says rank {environment.Rank} of {environment.Size}, but {NameOf(library)} says rank {rank} of "
                + $"{size}: the libmpi that was loaded is not that of the mpirun that started the processes. Set LD_LIBRARY_PATH to the "
                + "folder of the right one.");
        }

        return new(library, environment, timeout);
    }

    private protected override EngineWork StartSum(Tensor buffer)
    {
        var type = _library.TypeOf(buffer.dtype);
        return Start(buffer, "MPI_Iallreduce", (address, count, request) =>
            _library.AllReduce(_library.InPlace, (void*)address, count, type, _library.Sum, _library.World, (IntPtr*)request));
    }

    private protected override EngineWork StartBroadcast(Tensor buffer, int root)
    {
        var type = _library.TypeOf(buffer.dtype);
        return Start(buffer, "MPI_Ibcast", (address, count, request) =>
            _library.Broadcast((void*)address, count, type, root, _library.World, (IntPtr*)request));
    }

    private protected override void Close(bool isHealthy)
    {
        // MPI ends with the process: it cannot be started twice.
    }

    private MpiWork Start(Tensor buffer, string name, Func<IntPtr, int, IntPtr, int> operation)
    {
        var address = (IntPtr)NativeTensor.Pointer<byte>(buffer);
        var requests = new List<IntPtr>();
        lock (_lock)
        {
            for (var start = 0L; start < buffer.numel(); start += MaxCount)
            {
                IntPtr request;
                var count = (int)Math.Min(MaxCount, buffer.numel() - start);
                Check(operation(address + (nint)(start * buffer.element_size()), count, (IntPtr)(&request)), name);
                requests.Add(request);
            }
        }

        return new(this, requests);
    }

    private static string NameOf(MpiLibrary library) => library.IsOpenMpi ? "OpenMPI" : "MPICH";

    private static void Check(int code, string function)
    {
        if (code != 0)
            throw new DistributedException($"{function} failed with code {code}.");
    }

    private static void End(MpiLibrary library)
    {
        int isEnded;
        library.Finalized(&isEnded);
        if (isEnded == 0 && Environment.ExitCode == 0)
            library.Finalize();
    }

    private sealed class MpiWork(MpiGroup group, List<IntPtr> requests) : EngineWork
    {
        private string? _failure;

        public override bool IsCompleted
        {
            get
            {
                lock (group._lock)
                {
                    while (_failure is null && requests.Count > 0)
                    {
                        // MPI_STATUS_IGNORE: no status is asked for.
                        var request = requests[0];
                        int isDone;
                        var code = group._library.Test(&request, &isDone, group._library.IsOpenMpi ? null : (void*)1);
                        requests[0] = request;
                        if (code != 0)
                            _failure = $"MPI_Test gave code {code}";
                        else if (isDone == 0)
                            return false;
                        else
                            requests.RemoveAt(0);
                    }
                }

                return true;
            }
        }

        public override string? Failure => IsCompleted ? _failure : null;

        public override void Dispose()
        {
        }
    }
}
