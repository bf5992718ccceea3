using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using KnDsl.Training;
using static TorchSharp.torch;

namespace KnDsl.Benchmarks;

/// <summary>
/// A training step of ResNet-18 at 64x64 with one process and with two on this machine, which share its cores and the batch: what
/// exchanging gradients costs, and what sending them during the backward pass gains.
/// </summary>
internal static class DistributedBenchmark
{
    public const string StepOf = "distributed-step";
    private const string Mark = "figures ";
    private const int WarmUp = 3;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(20);

    private static readonly Dictionary<string, NormPolicy> Policies = new()
    {
        ["batch"] = NormPolicy.Batch(),
        ["synchronized"] = NormPolicy.Batch(synchronized: true),
        ["kalman"] = NormPolicy.Kalman(),
        ["group"] = NormPolicy.Group(),
    };

    public static void Run()
    {
        var figures = new Dictionary<string, double>();
        Console.WriteLine($"ResNet-18 at 64x64, {Environment.ProcessorCount} cores");
        Compare(1, 32, ("one", "group", "after"));
        // As many cores and images in all as the one had.
        Compare(2, 16, ("two_alone", "group", "none"), ("two_after", "group", "after"), ("two_overlap", "group", "overlap"));
        Compare(
            2, 2, ("kalman_2", "kalman", "after"), ("synchronized_2", "synchronized", "after"), ("batch_2", "batch", "after"));
        Console.WriteLine(string.Join(" ", figures.Select(entry =>
            string.Create(CultureInfo.InvariantCulture, $"{entry.Key}: {entry.Value:F3}"))));

        void Compare(int processes, int batch, params (string Name, string Policy, string Gradients)[] candidates)
        {
            Console.WriteLine($"  {processes} x {batch} images");
            var found = Start(processes, batch, [.. candidates.Select(candidate => $"{candidate.Policy}/{candidate.Gradients}")]);
            foreach (var (candidate, line) in candidates.Zip(found))
            {
                var values = line.Split(' ').Select(figure => double.Parse(figure, CultureInfo.InvariantCulture)).ToArray();
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"    {candidate.Policy,-12} gradients sent: {candidate.Gradients,-8} {values[0],8:F1} ms (middle half "
                    + $"{values[1]:F1} .. {values[2]:F1}), {values[3]:F1} MB in {values[4]} operations a step"));
                figures[candidate.Name] = values[0];
            }
        }
    }

    /// <summary>In processes of its own: trains with each candidate in turn, and prints what a step takes.</summary>
    public static int RunStep(string[] args)
    {
        var (processes, batch) = (int.Parse(args[0], CultureInfo.InvariantCulture), int.Parse(args[1], CultureInfo.InvariantCulture));
        if (!ProcessLauncher.IsLaunched)
            return ProcessLauncher.Run(processes, [StepOf, .. args]);

        using var group = ProcessGroup.Create();
        var candidates = args[2..].Select(name => new Candidate(group, name.Split('/')[0], name.Split('/')[1], batch)).ToArray();
        // All make equally many steps: rank 0 says whether there is one more.
        using var goesOn = ones([1]);
        var clock = Stopwatch.StartNew();
        for (var turn = 0; goesOn.item<float>() > 0; turn++)
        {
            if (turn == WarmUp)
                clock.Restart();
            foreach (var candidate in candidates)
                candidate.Step(isMeasured: turn >= WarmUp);
            goesOn.fill_(turn < WarmUp || clock.Elapsed < Duration ? 1 : 0);
            group.Broadcast(goesOn);
        }

        if (group.IsMain)
        {
            foreach (var candidate in candidates)
                Console.WriteLine(Mark + candidate.Figures);
        }

        return 0;
    }

    private static string[] Start(int processes, int batch, string[] candidates)
    {
        using var child = Process.Start(Machine.ThisProgram([StepOf, $"{processes}", $"{batch}", .. candidates]))!;
        var output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        var mark = $"[0] {Mark}";
        return [.. output.Split('\n').Where(line => line.StartsWith(mark, StringComparison.Ordinal)).Select(line => line[mark.Length..])];
    }

    /// <summary>A network, and a way to send its gradients: not at all, after the backward pass, or during it.</summary>
    private sealed class Candidate
    {
        private readonly List<double> _times = [];
        private readonly ProcessGroup _group;
        private readonly string _gradients;
        private readonly Cases.ResNet18.ResNet18 _network;
        private readonly GradientReducer _reducer;
        private readonly optim.Optimizer _optimizer;
        private readonly Tensor _images;
        private readonly Tensor _targets;
        private long _bytes;
        private long _operations;

        public Candidate(ProcessGroup group, string policy, string gradients, int batch)
        {
            manual_seed(group.Rank);
            _group = group;
            _gradients = gradients;
            _network = new(BenchmarkedNetwork.Classes, Policies[policy]);
            Replicas.Broadcast(group, _network);
            _reducer = new(group, _network.named_parameters(), overlap: gradients == "overlap");
            _optimizer = optim.SGD(_network.parameters(), 0.001, momentum: 0.9);
            _images = randn([batch, 3, 64, 64]);
            _targets = randint(10, [batch], dtype: ScalarType.Int64);
        }

        public string Figures
        {
            get
            {
                var timing = Timing.Of(_times);
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{timing.Median} {timing.LowerQuartile} {timing.UpperQuartile} {_bytes / 1e6} {_operations}");
            }
        }

        public void Step(bool isMeasured)
        {
            _group.Barrier();
            var (bytes, operations, start) = (_group.Bytes, _group.Operations, Stopwatch.GetTimestamp());
            using (NewDisposeScope())
            {
                _optimizer.zero_grad();
                if (_gradients == "overlap")
                    _reducer.Prepare();
                nn.functional.cross_entropy(_network.call(_images), _targets).backward();
                if (_gradients != "none")
                    _reducer.Average();
                _optimizer.step();
            }

            if (isMeasured)
                _times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            (_bytes, _operations) = (_group.Bytes - bytes, _group.Operations - operations);
        }
    }
}
