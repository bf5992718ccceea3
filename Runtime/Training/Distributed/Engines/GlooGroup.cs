using System;
using System.Linq;
using System.Net;
using System.Net.NetworkInformation;
using System.Runtime.InteropServices;
using System.Threading;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>A group over Gloo, the engine inside libtorch.</summary>
internal sealed unsafe class GlooGroup : ProcessGroup
{
    private const string InterfaceVariable = "GLOO_SOCKET_IFNAME";

    // More than a ProcessGroupGloo, which is constructed in it, has.
    private const int ObjectSize = 8192;

    private readonly GlooLibrary _library;
    private readonly IntPtr _group;

    private GlooGroup(GlooLibrary library, IntPtr group, ProcessEnvironment environment, TimeSpan timeout)
        : base(environment, timeout)
    {
        _library = library;
        _group = group;
    }

    public override string Engine => "Gloo";

    private protected override Device BufferDevice => CPU;

    /// <summary>Finds the other processes, and connects each with each.</summary>
    public static GlooGroup Create(ProcessEnvironment environment, ProcessGroupOptions options)
    {
        var library = GlooLibrary.Load();
        using var meeting = Meeting.Join(environment, options.RendezvousTimeout);
        ChooseInterface(meeting.Store.LocalAddress);
        var store = GlooStore.Create(library, meeting);
        var group = (IntPtr)NativeMemory.AlignedAlloc(ObjectSize, 64);
        new Span<byte>((void*)group, ObjectSize).Clear();

        // What does not come leaves this thread waiting in native code; the program can still say so, and end.
        var connecting = new Thread(() => Connect(library, group, store, environment, options.Timeout)) { IsBackground = true };
        connecting.Start();
        if (!connecting.Join(options.RendezvousTimeout))
        {
            throw new DistributedException(
                $"Rank {environment.Rank} met all {environment.Size} processes at {environment.MasterAddress}:{environment.MasterPort}, "
                + $"but Gloo did not connect them within {options.RendezvousTimeout.TotalSeconds:0.#} s: processes must reach each other "
                + $"on every port. Set {InterfaceVariable} to the name of the network interface that they have in common.");
        }

        NativeObject.Hold(group);
        var connected = new GlooGroup(library, group, environment, options.Timeout);
        // Nobody asks the store for anything after it.
        connected.Barrier();
        return connected;
    }

    private protected override EngineWork StartSum(Tensor buffer)
    {
        // ReduceOp of 32 bytes, whose kind 0 is the sum; the timeout at 32, -1 for the group's; whether it is asynchronous at 40.
        var arguments = stackalloc long[16];
        new Span<long>(arguments, 16).Clear();
        arguments[4] = -1;
        arguments[5] = 1;
        return Start(_library.AllReduce, buffer, arguments);
    }

    private protected override EngineWork StartBroadcast(Tensor buffer, int root)
    {
        // The root; which of its tensors; the timeout; whether it is asynchronous.
        var arguments = stackalloc long[8];
        new Span<long>(arguments, 8).Clear();
        arguments[0] = root;
        arguments[2] = -1;
        arguments[3] = 1;
        return Start(_library.Broadcast, buffer, arguments);
    }

    private protected override void Close(bool isHealthy)
    {
        // Its destructor waits for its threads, which after a failure may wait for others.
        if (isHealthy)
            _library.Destruct(_group);
    }

    private EngineWork Start(delegate* unmanaged<IntPtr*, IntPtr, IntPtr*, void*, IntPtr*> operation, Tensor buffer, void* arguments)
    {
        // A std::vector of one tensor. A handle is the address of a pointer to the tensor.
        var tensor = Marshal.ReadIntPtr(buffer.Handle);
        var vector = stackalloc IntPtr[3];
        vector[0] = (IntPtr)(&tensor);
        vector[1] = vector[2] = (IntPtr)(&tensor + 1);
        IntPtr work;
        operation(&work, _group, vector, arguments);
        return new GlooWork(_library, work);
    }

    private static void Connect(GlooLibrary library, IntPtr group, IntPtr store, ProcessEnvironment environment, TimeSpan timeout)
    {
        IntPtr options;
        library.CreateOptions(&options, (long)timeout.TotalMilliseconds);
        library.Construct(group, &store, environment.Rank, environment.Size, &options);
    }

    /// <summary>
    /// Has Gloo use the network on which the processes found each other. By itself it takes the address that the machine's name has,
    /// which is often the loopback.
    /// </summary>
    private static void ChooseInterface(IPAddress local)
    {
        var interfaces = NetworkInterface.GetAllNetworkInterfaces();
        if (Environment.GetEnvironmentVariable(InterfaceVariable) is { Length: > 0 } chosen)
        {
            if (!interfaces.Any(network => network.Name == chosen && network.GetIPProperties().UnicastAddresses.Count > 0))
            {
                throw new DistributedException(
                    $"{InterfaceVariable} is '{chosen}', which is no network interface with an address on {Environment.MachineName}; "
                    + $"there are: {string.Join(", ", interfaces.Select(network => network.Name))}.");
            }

            return;
        }

        var address = local.IsIPv4MappedToIPv6 ? local.MapToIPv4() : local;
        var found = interfaces.FirstOrDefault(network =>
            network.GetIPProperties().UnicastAddresses.Any(own => own.Address.Equals(address)));
        if (found is not null)
            NativeEnvironment.Set(InterfaceVariable, found.Name, overwrites: true);
    }

    /// <summary>An operation of c10d's.</summary>
    private sealed class GlooWork(GlooLibrary library, IntPtr work) : EngineWork
    {
        // Never its wait: that throws a C++ exception, which ends the process.
        public override bool IsCompleted => library.IsCompleted(work) != 0;

        public override string? Failure => IsCompleted && library.IsSuccess(work) == 0 ? library.MessageOf(work) : null;

        public override void Dispose() => NativeObject.Release(work);
    }
}
