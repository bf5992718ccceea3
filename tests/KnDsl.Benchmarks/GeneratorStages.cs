using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Text;
using KnDsl.Generator.Writing;
using KnDsl.Language.Checking;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Parsing;
using Microsoft.CodeAnalysis.CSharp;
using RoslynText = Microsoft.CodeAnalysis.Text.SourceText;
using SourceText = KnDsl.Language.Text.SourceText;

namespace KnDsl.Benchmarks;

/// <summary>
/// Where the generator's time and memory go, a layer, as a network grows: whether it is linear shows in a row. Networks of all lengths
/// are measured in turn, by the processor's time, which other programs change less than the clock's.
/// </summary>
internal static class GeneratorStages
{
    private static readonly int[] Lengths = [250, 500, 1000, 2000];

    private static readonly string[] Stages = ["lex", "lex and read", "read and check", "write", "Roslyn's text", "Roslyn's parser"];

    /// <summary>Prints the table; gives the longest network's time a layer over the shortest's, and the memory a layer.</summary>
    /// <param name="network">The text of a network of so many layers.</param>
    public static (double Linearity, double Kilobytes) Run(Func<int, string> network)
    {
        var texts = Lengths.ToDictionary(length => length, network);
        var samples = Lengths.ToDictionary(length => length, _ => new Dictionary<string, (List<double> Time, double Bytes)>());
        var clock = Stopwatch.StartNew();
        for (var turn = 0; turn < 10 || turn < 60 && clock.Elapsed < TimeSpan.FromSeconds(40); turn++)
        {
            foreach (var length in Lengths)
            {
                // Until the just-in-time compiler has finished, nothing is kept.
                if (turn == 4)
                    samples[length].Clear();
                Measure(texts[length], samples[length]);
            }
        }
        double Time(int length, string stage) => 1000 * Timing.Of(samples[length][stage].Time).Median / length;
        double Bytes(int length, string stage) => samples[length][stage].Bytes / 1000 / length;

        Console.WriteLine($"a layer{string.Concat(Lengths.Select(length => Invariant($"{length,22} layers")))}   longest / shortest");
        foreach (var stage in Stages.Append("read, check and write"))
        {
            var cells = Lengths.Select(length => Invariant($"{Time(length, stage),12:F1} us {Bytes(length, stage),9:F1} kB"));
            Console.WriteLine(Invariant($"{stage,-22}{string.Concat(cells)}   {Time(2000, stage) / Time(250, stage):F2}"));
        }
        return (Time(2000, "read, check and write") / Time(250, "read, check and write"), Bytes(1000, "read, check and write"));
    }

    private static void Measure(string text, Dictionary<string, (List<double> Time, double Bytes)> samples)
    {
        var source = new SourceText("layers.knnet", text);
        Take("lex", () => Lexer.Tokenize(source, new DiagnosticBag()));
        Take("lex and read", () => Parser.Parse(source, new DiagnosticBag()));
        var (file, checking) = Take("read and check", () => CheckedFile.Check(source));
        var (code, writing) = Take("write", () => FileWriter.Emit(file, "Project", [])!);
        Keep("read, check and write", checking.Time + writing.Time, checking.Bytes + writing.Bytes);
        var (roslyn, _) = Take("Roslyn's text", () => RoslynText.From(code, Encoding.UTF8));
        Take("Roslyn's parser", () => CSharpSyntaxTree.ParseText(roslyn).GetRoot());

        (T Result, (double Time, double Bytes) Cost) Take<T>(string stage, Func<T> work)
        {
            var (bytes, time) = (GC.GetAllocatedBytesForCurrentThread(), Environment.CpuUsage.TotalTime);
            var result = work();
            var taken = (Environment.CpuUsage.TotalTime - time).TotalMilliseconds;
            var allocated = (double)(GC.GetAllocatedBytesForCurrentThread() - bytes);
            Keep(stage, taken, allocated);
            return (result, (taken, allocated));
        }

        void Keep(string stage, double time, double bytes)
        {
            if (!samples.TryGetValue(stage, out var kept))
                samples[stage] = kept = ([], bytes);
            kept.Time.Add(time);
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
