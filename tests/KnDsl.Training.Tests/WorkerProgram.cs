using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using KnDsl.Training.Tests.Running;
using static TorchSharp.torch;

namespace KnDsl.Training.Tests;

/// <summary>
/// What each of several processes does in a test: <c>KnDsl.Training.Tests WORK [arguments]</c>. An error is one line that begins with its
/// type, and the exit code 3.
/// </summary>
internal static class WorkerProgram
{
    public const int ErrorCode = 3;

    private static readonly Dictionary<string, Action<string[]>> Works = new()
    {
        ["killed"] = args => KilledTraining.Run(args[0], args[1]),
        ["trainer"] = RunTrainer,
        ["places"] = Places,
        ["not-finite"] = NotFinite,
        ["train"] = Train,
        ["operations"] = Operations,
        ["die"] = Die,
        ["differ"] = Differ,
        ["other-network"] = OtherNetwork,
        ["meet"] = Meet,
        ["again"] = Again,
        ["averages"] = Averages,
        ["unused"] = Unused,
        ["accumulated"] = Accumulated,
        ["twice"] = Twice,
        ["fail"] = Fail,
        ["memory"] = Memory,
        ["torch-store"] = args => TorchStore.Serve(int.Parse(args[0], CultureInfo.InvariantCulture), TimeSpan.FromSeconds(15)),
        ["fail-never"] = FailNever,
        ["interrupted"] = Interrupted,
        ["talk"] = Talk,
        ["threads"] = _ => Threads(),
    };

    private static readonly ScalarType[] Types =
        [ScalarType.Float32, ScalarType.Float64, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int32, ScalarType.Int64];

    private static int Main(string[] args)
    {
        // As a user's program would begin, were its option called so.
        if (args is ["launch", var count, .. var rest])
            return ProcessLauncher.Run(int.Parse(count, CultureInfo.InvariantCulture), rest);
        try
        {
            Works[args[0]](args[1..]);
            return 0;
        }
        catch (Exception exception)
        {
            Console.Error.WriteLine($"{exception.GetType().Name}: {exception.Message}");
            return ErrorCode;
        }
    }

    /// <summary>Trains, with arguments: the engine, the policy, how buckets go, and where rank 0 writes the parameters.</summary>
    private static void Train(string[] args)
    {
        using var group = Join(args[0]);
        using var network = new SmallNetwork(seed: 100 + group.Rank, Training.Policies[args[1]]);
        Training.Run(group, network, overlap: args[2] == "overlap", bucketBytes: 2000);
        Replicas.Check(group, network);
        if (group.IsMain)
            File.WriteAllLines(args[3], Training.ValuesOf(network).Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
        Console.WriteLine($"{group.Engine} {group.Operations}");
    }

    /// <summary>Trains by the trainer. Arguments: checkpoints, the file of rank 0, the step after which it is asked to end.</summary>
    private static void RunTrainer(string[] args)
    {
        using var group = Join("Automatic");
        TrainerJob.Run(group, args[0], args[1], int.Parse(args[2], CultureInfo.InvariantCulture));
    }

    /// <summary>Rank 1 does not see the checkpoints of the folder.</summary>
    private static void Places(string[] args)
    {
        using var group = Join("Automatic");
        TrainerJob.Run(group, group.IsMain ? args[0] : args[0] + "-elsewhere", args[1], interruptedAfter: 0);
    }

    /// <summary>The loss of the last rank is not finite, in a network whose norms exchange statistics.</summary>
    private static void NotFinite(string[] args)
    {
        using var group = Join("Automatic");
        using var network = new SmallNetwork(seed: 1, NormPolicy.Batch(synchronized: true));
        using var trainer = new Trainer<(Tensor Images, Tensor Labels)>(
            network, batch => nn.functional.cross_entropy(network.call(batch.Images), batch.Labels) * Factor(),
            new() { Epochs = 1, LearningRate = 0.1 }, processes: group);
        using var images = randn([8, 1, 10, 10], ScalarType.Float64);
        using var labels = zeros([8], ScalarType.Int64);
        trainer.Fit(new TensorBatches(images, labels, batchSize: 4));

        double Factor() => group.Rank == group.Size - 1 ? double.NaN : 1;
    }

    /// <summary>Sets the threads of torch, and says what native code knows of them.</summary>
    private static void Threads()
    {
        ComputeThreads.Set(3);
        Console.WriteLine($"{get_num_threads()} threads, {Marshal.PtrToStringUTF8(NativeVariable("OMP_WAIT_POLICY"))}");
    }

    [DllImport("libc", EntryPoint = "getenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern IntPtr NativeVariable(string name);

    private static void Operations(string[] args)
    {
        using var group = Join(args[0]);
        var (rank, size) = (group.Rank, group.Size);
        foreach (var type in Types)
        {
            using var sum = full([2, 3], rank + 1, dtype: type);
            group.AllReduce(sum);
            Expect(sum.to(ScalarType.Float64).eq(size * (size + 1) / 2.0).all().item<bool>(), $"sum of {type}");
            using var copy = full([5], rank == size - 1 ? 7 : 0, dtype: type);
            group.Broadcast(copy, root: size - 1);
            Expect(copy.to(ScalarType.Float64).eq(7).all().item<bool>(), $"broadcast of {type}");
        }

        using var mean = (arange(6, ScalarType.Float64) * (rank + 1)).view(2, 3).t();
        group.AllReduce(mean, Reduction.Mean);
        Expect(mean.t().flatten().allclose(arange(6, ScalarType.Float64) * (size + 1) / 2.0), "mean of a transposed tensor");
        using var flag = tensor(rank == 0);
        group.Broadcast(flag);
        Expect(flag.item<bool>(), "broadcast of a bool");
        using var empty = zeros([0, 4]);
        group.AllReduce(empty);

        // Two at a time, waited for in the other order.
        using var large = ones([3_000_000]);
        using var small = ones([3]);
        using var first = group.AllReduceAsync(large);
        using var second = group.AllReduceAsync(small);
        second.Wait();
        first.Wait();
        Expect(first.IsCompleted && large.eq(size).all().item<bool>() && small.eq(size).all().item<bool>(), "two at a time");
        group.Barrier();
        foreach (var wrong in new Action[]
        {
            () => group.AllReduce(ones([1], ScalarType.Int64), Reduction.Mean), () => group.AllReduce(ones([1], ScalarType.Bool)),
            () => group.Broadcast(ones([1]), root: size),
        })
        {
            try
            {
                wrong();
                throw new InvalidOperationException("A wrong argument was taken.");
            }
            catch (ArgumentException)
            {
            }
        }

        group.Barrier();
        Console.WriteLine($"{group.Engine} done");
    }

    /// <summary>Reduces again and again, until one process kills itself: the last but one, so that it is nobody's only neighbour.</summary>
    private static void Die(string[] args)
    {
        using var group = Join(args[0]);
        using var values = ones([100_000]);
        for (var step = 0; ; step++)
        {
            if (step == 5 && group.Rank == group.Size - 2)
                Process.GetCurrentProcess().Kill();
            group.AllReduce(values, Reduction.Mean, "the gradients");
        }
    }

    private static void Differ(string[] args)
    {
        using var group = Join(args[0]);
        using var network = new SmallNetwork(seed: group.Rank, NormPolicy.Group(4));
        Replicas.Broadcast(group, network);
        Replicas.Check(group, network);
        if (group.Rank == 1)
        {
            using var noGrad = no_grad();
            network.named_parameters().Single(entry => entry.name == "second.weight").parameter[3, 2, 1, 0] += 1e-15;
        }

        Replicas.Check(group, network);
    }

    private static void OtherNetwork(string[] args)
    {
        using var group = Join(args[0]);
        using var network = new SmallNetwork(seed: 1, NormPolicy.Group(4), width: group.Rank == 1 ? 8 : 16);
        Replicas.Broadcast(group, network);
    }

    private static void Meet(string[] args)
    {
        using var group = Join(args[0], TimeSpan.FromSeconds(double.Parse(args[1], CultureInfo.InvariantCulture)));
        Console.WriteLine($"rank {group.Rank} of {group.Size}, local {group.LocalRank}, {group.Engine}");
    }

    /// <summary>Several groups in turn.</summary>
    private static void Again(string[] args)
    {
        for (var turn = 0; turn < 3; turn++)
        {
            using var group = Join(args[0]);
            using var value = ones([1]);
            group.AllReduce(value);
            Expect(value.item<float>() == group.Size, "sum");
            group.Barrier();
        }
    }

    /// <summary>Running averages become the mean of all; counters stay.</summary>
    private static void Averages(string[] args)
    {
        using var group = Join(args[0]);
        using var network = new SmallNetwork(seed: 1, NormPolicy.Batch());
        using (var input = full([2, 1, 6, 6], group.Rank, dtype: ScalarType.Float64))
            network.call(input).Dispose();
        var own = network.named_buffers().ToDictionary(entry => entry.name, entry => entry.buffer.clone());
        Replicas.AverageBuffers(group, network);
        foreach (var (name, buffer) in network.named_buffers())
        {
            using var mean = own[name].to(ScalarType.Float64, copy: true);
            group.AllReduce(mean, Reduction.Mean, name);
            Expect(mean.allclose(buffer.to(ScalarType.Float64), 1e-12, 1e-12), name);
        }

        Expect(!own["norm1.running_mean"].allclose(network.get_buffer("norm1.running_mean")!), "something to average");
    }

    /// <summary>A parameter that only rank 0 uses has half of its gradient everywhere; one that nobody uses has none.</summary>
    private static void Unused(string[] args)
    {
        using var group = Join(args[0]);
        using var a = new TorchSharp.Modules.Parameter(ones([3], ScalarType.Float64));
        using var b = new TorchSharp.Modules.Parameter(ones([3], ScalarType.Float64));
        using var c = new TorchSharp.Modules.Parameter(ones([3], ScalarType.Float64));
        using var reducer = new GradientReducer(group, [("a", a), ("b", b), ("c", c)], bucketBytes: 24);
        Expect(reducer.BucketCount == 3, "a bucket each");
        reducer.Prepare();
        (group.Rank == 0 ? (a * 2).sum() + (b * 6).sum() : (a * 2).sum()).backward();
        reducer.Average();
        Expect(a.grad!.eq(2).all().item<bool>(), "a");
        Expect(b.grad!.eq(6.0 / group.Size).all().item<bool>(), "b");
        Expect(c.grad is null, "c");
    }

    /// <summary>Gradients of several passes: only the last is prepared.</summary>
    private static void Accumulated(string[] args)
    {
        using var group = Join(args[0]);
        using var a = new TorchSharp.Modules.Parameter(ones([3], ScalarType.Float64));
        using var reducer = new GradientReducer(group, [("a", a)]);
        for (var pass = 0; pass < 3; pass++)
        {
            if (pass == 2)
                reducer.Prepare();
            (a * (group.Rank + 1)).sum().backward();
        }

        reducer.Average();
        Expect(a.grad!.eq(3 * (group.Size + 1) / 2.0).all().item<bool>(), "the mean of the sums");
    }

    /// <summary>What a pass adds to gradients that were sent would be lost.</summary>
    private static void Twice(string[] args)
    {
        using var group = Join(args[0]);
        using var a = new TorchSharp.Modules.Parameter(ones([3], ScalarType.Float64));
        using var reducer = new GradientReducer(group, [("a", a)]);
        reducer.Prepare();
        (a * 2).sum().backward();
        (a * 2).sum().backward();
        reducer.Average();
    }

    /// <summary>One rank ends badly, the others would go on for ever.</summary>
    private static void Fail(string[] args)
    {
        using var group = Join(args[0]);
        Console.WriteLine("a line");
        group.Barrier();
        if (group.Rank == 1)
            Environment.Exit(42);
        Thread.Sleep(Timeout.Infinite);
    }

    private static void FailNever(string[] args)
    {
        using var group = Join(args[0]);
        Thread.Sleep(Timeout.Infinite);
    }

    /// <summary>Works until it is asked to end, and then for longer than it takes a manager to ask again.</summary>
    private static void Interrupted(string[] args)
    {
        using var interruption = new Interruption();
        Console.WriteLine("begins");
        interruption.Token.WaitHandle.WaitOne();
        Thread.Sleep(TimeSpan.FromSeconds(2));
        Console.WriteLine("has ended its step");
        Environment.Exit(130);
    }

    /// <summary>Writes more than a pipe holds.</summary>
    private static void Talk(string[] args)
    {
        for (var line = 0; line < 5000; line++)
            Console.WriteLine(new string('.', 100));
    }

    /// <summary>What an operation held is free after it: 2 GB in all, of which little may stay.</summary>
    private static void Memory(string[] args)
    {
        using var group = Join(args[0]);
        var before = 0L;
        for (var turn = 0; turn < 120; turn++)
        {
            if (turn == 20)
                before = Environment.WorkingSet;
            using var values = ones([5_000_000]);
            group.AllReduce(values);
        }

        Expect(Environment.WorkingSet - before < 200_000_000, $"{(Environment.WorkingSet - before) / 1_000_000} MB more");
    }

    private static ProcessGroup Join(string engine, TimeSpan? rendezvous = null) => ProcessGroup.Create(new()
    {
        Engine = Enum.Parse<ProcessEngine>(engine),
        RendezvousTimeout = rendezvous ?? TimeSpan.FromSeconds(60),
        Timeout = TimeSpan.FromSeconds(60),
    });

    private static void Expect(bool condition, string what)
    {
        if (!condition)
            throw new InvalidOperationException($"It does not hold: {what}.");
    }
}
