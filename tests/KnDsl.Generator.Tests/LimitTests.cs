using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using KnDsl.Language.Checking;
using KnDsl.Language.Diagnostics;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>
/// The limits of arguments: numbers in and around their ranges for every operation, the checker's verdict held against what torch
/// does. What the checker lets pass runs and has the shape that it says, what it refuses torch refuses, and where arguments of a
/// constructor decide, the class says the same as the file.
/// </summary>
public sealed class LimitTests : TorchTest
{
    /// <summary>A stage with numbers to draw.</summary>
    /// <param name="Input">The sizes of its input after the batch.</param>
    /// <param name="Stage">The stage, its numbers in braces; or "= " and a value that is made of x.</param>
    /// <param name="Numbers">The numbers to try for each, as "k 1 2 3; s 0 1".</param>
    /// <param name="Torch">The same in torch, which throws where it does not accept the numbers.</param>
    private sealed record Limit(string Input, string Stage, string Numbers, Func<Tensor, Func<string, long>, Tensor?> Torch)
    {
        /// <summary>Whether its numbers must be known in the file, and so cannot be arguments of a constructor.</summary>
        public bool IsKnownInFile { get; init; }

        /// <summary>An input of these sizes.</summary>
        public Func<long[], Tensor> Draw { get; init; } = sizes => randn(sizes);

        public IReadOnlyList<(string Name, long[] Values)> Draws { get; } =
        [
            .. Numbers.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(row => row.Split(' '))
                .Select(row => (row[0], row.Skip(1).Select(long.Parse).ToArray())),
        ];

        /// <summary>All combinations of the numbers.</summary>
        public IEnumerable<IReadOnlyDictionary<string, long>> Combinations() => Draws.Aggregate(
            (IEnumerable<IReadOnlyDictionary<string, long>>)[new Dictionary<string, long>()],
            (all, draw) => all.SelectMany(row => draw.Values.Select(value => new Dictionary<string, long>(row) { [draw.Name] = value })));

        private string Value => Stage.StartsWith("= ", StringComparison.Ordinal) ? Stage[2..] : $"x -> {Stage}";

        /// <summary>A block of the stage, its numbers as they are.</summary>
        public string Block(string name, IReadOnlyDictionary<string, long> numbers) =>
            $"block {name}(x[N, {Input}]) {{ return {With(Value, numbers)} }}";

        /// <summary>A block of the stage that takes its numbers as arguments.</summary>
        public string BlockWithArguments(string name) =>
            $"block {name}(x[N, {Input}]{string.Concat(Draws.Select(draw => $", {draw.Name}: int"))}) "
            + $"{{ return {Regex.Replace(Value, @"\{(\w+)\}", "$1")} }}";

        public string Text(IReadOnlyDictionary<string, long> numbers) => With(Stage, numbers);

        private static string With(string text, IReadOnlyDictionary<string, long> numbers) =>
            Regex.Replace(text, @"\{(\w+)\}", match => $"{numbers[match.Groups[1].Value]}");
    }

    private static Tensor Conv(Tensor x, Func<string, long> of, PaddingModes mode = PaddingModes.Zeros)
    {
        // What goes round more than once ends the process in torch.
        if (mode == PaddingModes.Circular && x.shape.Skip(2).Any(size => of("p") > size))
            return Reject<Tensor>();
        using var conv = nn.Conv2d(4, 4, of("k"), stride: of("s"), padding: of("p"), dilation: of("d"), padding_mode: mode);
        return conv.call(x);
    }

    /// <summary>What torch would silently make something else of.</summary>
    private static T Reject<T>() => throw new ArgumentException("Not what was asked for.");

    /// <summary>A probability with which something may be left out; where all is, torch divides by 0.</summary>
    private static Tensor? Probability(Tensor x, Func<string, long> of) => of("p") is < 0 or >= 1 ? Reject<Tensor>() : null;

    private static Tensor Slice(Tensor x, int axis, long start, long end, long step) =>
        start >= end || end > x.shape[axis] ? Reject<Tensor>() : x.slice(axis, start, end, step);

    private static readonly Limit[] Limits =
    [
        new("4, 5, 6", "conv(4, {k}, stride: {s}, padding: {p}, dilation: {d})", "k 1 2 3 6; s 0 1 2 9; p -1 0 1 3; d 0 1 2 5",
            (x, of) => of("p") < 0 ? Reject<Tensor>() : Conv(x, of)),
        new("4, 5, 6", "conv(4, {k}, stride: 1, padding: {p}, dilation: 1, mode: reflect)", "k 1 3; p 0 1 2 4 5 6 7",
            (x, of) => Conv(x, name => name is "s" or "d" ? 1 : of(name), PaddingModes.Reflect)),
        new("4, 5, 6", "conv(4, {k}, stride: 1, padding: {p}, dilation: 1, mode: replicate)", "k 1 3 20; p 0 1 2 4 5 6 7",
            (x, of) => Conv(x, name => name is "s" or "d" ? 1 : of(name), PaddingModes.Replicate)),
        new("4, 5, 6", "conv(4, {k}, stride: 1, padding: {p}, dilation: 1, mode: circular)", "k 1 3; p 0 1 2 4 5 6 7",
            (x, of) => Conv(x, name => name is "s" or "d" ? 1 : of(name), PaddingModes.Circular)),
        new("4, 5, 6", "conv(4, {k}, mode: circular)", "k 1 3 9 11 13",
            (x, of) => Conv(x, name => name switch { "k" => of("k"), "p" => of("k") / 2, _ => 1 }, PaddingModes.Circular)),
        new("4, 5, 6", "conv(4, {k}, padding: same, mode: reflect)", "k 1 3 8 9 10 11 13",
            (x, of) => nn.Conv2d(4, 4, of("k"), padding: Padding.Same, padding_mode: PaddingModes.Reflect).call(x)),
        new("4, 5, 6", "conv(4, {k}, padding: same, mode: circular)", "k 1 3 8 9 10 11 12 13",
            (x, of) => of("k") / 2 > 5 ? Reject<Tensor>()
                : nn.Conv2d(4, 4, of("k"), padding: Padding.Same, padding_mode: PaddingModes.Circular).call(x)),
        new("4, 5", "conv1d(4, 3, padding: {p}, mode: reflect)", "p 0 1 4 5 6",
            (x, of) => nn.Conv1d(4, 4, 3, padding: of("p"), padding_mode: PaddingModes.Reflect).call(x)),
        new("4, 5", "conv1d(4, 3, padding: {p}, mode: circular)", "p 0 1 4 5 6",
            (x, of) => of("p") > 5 ? Reject<Tensor>()
                : nn.Conv1d(4, 4, 3, padding: of("p"), padding_mode: PaddingModes.Circular).call(x)),
        new("4, 3, 5, 4", "conv3d(4, 3, padding: {p}, mode: reflect)", "p 0 1 2 3 4",
            (x, of) => nn.Conv3d(4, 4, 3, padding: of("p"), padding_mode: PaddingModes.Reflect).call(x)),
        new("4, 5, 6", "conv(4, {k}, padding: same, stride: {s})", "k 1 2 3 9; s 1 2",
            (x, of) => nn.Conv2d(4, 4, of("k"), padding: Padding.Same, stride: of("s")).call(x)),
        new("4, 5, 6", "conv({c}, 1, groups: {g})", "c 0 1 2 3 4 6 8; g 0 1 2 3 4 8",
            (x, of) => nn.Conv2d(4, of("c"), 1, groups: of("g")).call(x)),
        new("4, 5, 4", "conv_transpose(4, {k}, stride: {s}, padding: {p}, output_padding: {o}, dilation: {d})",
            "k 1 2 3; s 1 2 3; p 0 1 3; o -1 0 1 2 3; d 1 2 3",
            // Where nothing is left of a side, torch may end the process.
            (x, of) => 3 * of("s") - 2 * of("p") + of("d") * (of("k") - 1) + of("o") < 0 ? Reject<Tensor>() : nn.ConvTranspose2d(
                4, 4, of("k"), stride: of("s"), padding: of("p"), output_padding: of("o"), dilation: of("d")).call(x)),
        new("4, 5, 4", "conv_transpose(4, {k}, stride: {s}, dilation: {d})", "k 1 2 3 4; s 1 2 3 4 5; d 1 2 3",
            (_, of) => of("s") == 1 && of("d") * (of("k") - 1) % 2 == 1 && of("d") == 1 ? Reject<Tensor>() : null) { IsKnownInFile = true },
        new("4, 5", "conv_transpose1d(4, 2, stride: {s}, output_padding: {o})", "s 1 2 3; o 0 1 2 3",
            (x, of) => nn.ConvTranspose1d(4, 4, 2, stride: of("s"), output_padding: of("o")).call(x)),
        new("4, 2, 3, 2", "conv_transpose3d(4, 2, stride: {s}, output_padding: {o})", "s 1 2 3; o 0 1 2 3",
            (x, of) => nn.ConvTranspose3d(4, 4, 2, stride: of("s"), output_padding: of("o")).call(x)),
        new("4, 5, 6", "conv_transpose({c}, 1, groups: {g})", "c 0 1 2 3 4 6 8; g 0 1 2 3 4 8",
            (x, of) => nn.ConvTranspose2d(4, of("c"), 1, groups: of("g")).call(x)),
        new("4", "linear({f})", "f -1 0 1 3", (x, of) => of("f") < 1 ? Reject<Tensor>() : nn.Linear(4, of("f")).call(x)),
        new("4, 5, 6", "maxpool({k}, stride: {s}, padding: {p}, dilation: {d})", "k 0 1 2 3 5; s 0 1 2 9; p -1 0 1 2 3; d 0 1 2 4",
            (x, of) => nn.functional.max_pool2d(x, [of("k"), of("k")], [of("s"), of("s")], [of("p"), of("p")], [of("d"), of("d")])),
        new("4, 5, 6", "maxpool({k}, stride: {s}, padding: {p}, ceil: true)", "k 1 2 3 5 7; s 1 2 3 9; p 0 1 2 3",
            (x, of) => nn.functional.max_pool2d(x, [of("k"), of("k")], [of("s"), of("s")], [of("p"), of("p")], ceil_mode: true)),
        new("4, 7", "maxpool1d({k}, stride: {s}, padding: {p}, dilation: {d})", "k 1 2 3 5; s 1 2; p 0 1 2 3; d 1 2 3",
            (x, of) => nn.functional.max_pool1d(x, of("k"), of("s"), of("p"), of("d"))),
        new("4, 5, 6", "avgpool({k}, stride: {s}, padding: {p})", "k 0 1 2 3 5; s 0 1 2 9; p -1 0 1 2 3",
            (x, of) => nn.functional.avg_pool2d(x, [of("k"), of("k")], [of("s"), of("s")], [of("p"), of("p")])),
        new("4, 5, 6", "avgpool({k}, stride: {s}, padding: {p}, ceil: true, count_padding: false)", "k 1 2 3 5 7; s 1 2 3 9; p 0 1 2 3",
            (x, of) => nn.functional.avg_pool2d(
                x, [of("k"), of("k")], [of("s"), of("s")], [of("p"), of("p")], ceil_mode: true, count_include_pad: false)),
        new("4, 3, 3, 4", "avgpool3d({k}, padding: {p})", "k 1 2 3 4 5; p 0 1 2 3",
            (x, of) => nn.functional.avg_pool3d(x, [of("k"), of("k"), of("k")], [of("k"), of("k"), of("k")], [of("p"), of("p"), of("p")])),
        new("4, 3, 3, 4", "maxpool3d({k}, padding: {p})", "k 1 2 3 4 5; p 0 1 2 3",
            (x, of) => nn.functional.max_pool3d(x, [of("k"), of("k"), of("k")], [of("k"), of("k"), of("k")], [of("p"), of("p"), of("p")])),
        new("4, 5, 6", "adaptive_avgpool({s})", "s -1 0 1 5 9",
            (x, of) => of("s") < 1 ? Reject<Tensor>() : nn.functional.adaptive_avg_pool2d(x, of("s"))),
        new("4, 5, 6", "adaptive_maxpool({s})", "s -1 0 1 5 9",
            (x, of) => of("s") < 1 ? Reject<Tensor>() : nn.functional.adaptive_max_pool2d(x, [of("s"), of("s")])),
        new("4, 5, 6", "upsample({f})", "f -1 0 1 3",
            (x, of) => of("f") < 1 ? Reject<Tensor>() : nn.functional.interpolate(x, scale_factor: [of("f"), of("f")])),
        new("4, 5, 6", "upsample(size: {s}, mode: bicubic)", "s -1 0 1 3 9",
            (x, of) => nn.functional.interpolate(x, size: [of("s"), of("s")], mode: InterpolationMode.Bicubic)),
        new("4, 6", "upsample({f}, mode: linear)", "f -1 0 1 3",
            (x, of) => of("f") < 1 ? Reject<Tensor>()
                : nn.functional.interpolate(x, scale_factor: [of("f")], mode: InterpolationMode.Linear, align_corners: false)),
        new("4, 6", "upsample(size: {s})", "s -1 0 1 3 9", (x, of) => nn.functional.interpolate(x, size: [of("s")])),
        new("4, 5, 6", "upsample([{a}, {b}], mode: area)", "a -1 0 1 2; b 0 1 3",
            (x, of) => of("a") < 1 || of("b") < 1 ? Reject<Tensor>()
                : nn.functional.interpolate(x, scale_factor: [of("a"), of("b")], mode: InterpolationMode.Area)),
        new("4, 2, 3, 4", "upsample({f}, mode: trilinear, align_corners: true)", "f -1 0 1 2",
            (x, of) => of("f") < 1 ? Reject<Tensor>() : nn.functional.interpolate(
                x, scale_factor: [of("f"), of("f"), of("f")], mode: InterpolationMode.Trilinear, align_corners: true)),
        new("4, 2, 3, 4", "upsample(size: [{a}, {b}, 2])", "a -1 0 1 5; b 0 1 3",
            (x, of) => nn.functional.interpolate(x, size: [of("a"), of("b"), 2])),
        new("8, 5, 6", "pixel_shuffle({f})", "f 0 1 2 3 4", (x, of) => nn.functional.pixel_shuffle(x, of("f"))),
        new("2, 6, 8", "pixel_unshuffle({f})", "f 0 1 2 3 4 6 8", (x, of) => nn.functional.pixel_unshuffle(x, of("f"))),
        new("6, 5", "channel_shuffle({g})", "g 0 1 2 3 4 6 7", (x, of) => x.shape[1] % of("g") != 0 ? Reject<Tensor>() : null),
        new("4, 5, 6", "glu(axis: {x})", "x -5 -4 -3 -2 -1 0 1 2 3 4",
            (x, of) => of("x") is 0 or -4 ? Reject<Tensor>() : nn.functional.glu(x, of("x"))) { IsKnownInFile = true },
        new("4, 5, 6", "layer_scale(0.5, axis: {x})", "x -5 -4 -3 -2 -1 0 1 2 3 4",
            (x, of) => of("x") is 0 or -4 or < -4 or > 3 ? Reject<Tensor>() : x * 0.5) { IsKnownInFile = true },
        new("6, 5", "slice(0, {c}) -> glu", "c 1 2 3 4 6", (x, of) => nn.functional.glu(x.narrow(1, 0, of("c")), 1)),
        new("4, 5, 6", "pad({s}, channels: {c})", "s -1 0 1 9; c -1 0 1 9",
            (x, of) => of("s") < 0 || of("c") < 0 ? Reject<Tensor>() : null),
        new("4, 5, 6", "slice({a}, {b}, step: {s})", "a -1 0 1 3 4 5; b -1 0 1 4 5; s 0 1 3 9",
            (x, of) => of("a") < 0 || of("s") < 1 ? Reject<Tensor>() : Slice(x, 1, of("a"), of("b"), of("s"))),
        new("4, 5, 6", "slice({a}, {b}, axis: {x})", "a 0 1 4; b 1 4 5 6; x -5 -3 -1 1 2 3 4",
            (x, of) => Slice(x, (int)(of("x") < 0 ? of("x") + 4 : of("x")), of("a"), of("b"), 1)) { IsKnownInFile = true },
        new("4, 5, 6", "select({i})", "i -6 -5 -4 -1 0 3 4 5", (x, of) => x.select(1, of("i"))),
        new("4, 5, 6", "select({i}, axis: {x})", "i -6 -4 0 3 5 6; x -5 -4 -3 -1 0 1 3 4",
            (x, of) => of("x") is 0 or -4 ? Reject<Tensor>() : x.select(of("x"), of("i"))) { IsKnownInFile = true },
        new("4, 1, 6", "squeeze({x})", "x -5 -3 -2 -1 1 2 3 4",
            (x, of) => x.shape[(int)(of("x") < 0 ? of("x") + 4 : of("x"))] != 1 ? Reject<Tensor>() : x.squeeze(of("x")))
            { IsKnownInFile = true },
        new("4, 5, 6", "flatten({a}, {b})", "a -5 -4 -3 -1 0 1 2 3 4; b -5 -4 -3 -1 0 1 2 3 4",
            (x, of) => x.flatten(of("a"), of("b"))) { IsKnownInFile = true },
        new("4, 6", "reshape({a}, {b})", "a -2 0 1 2 3 4 5 24; b -12 0 1 6 8 12", (x, of) =>
            of("a") <= 0 || of("b") <= 0 ? Reject<Tensor>() : x.reshape(x.shape[0], of("a"), of("b"))),
        new("4, 6", "reshape({a}, -1, {b})", "a -1 0 1 2 3 5 24; b -1 1 6 8 12", (x, of) =>
            of("a") == 0 ? Reject<Tensor>() : x.reshape(x.shape[0], of("a"), -1, of("b"))) { IsKnownInFile = true },
        new("4, 6", "permute({a}, {b}, {c})", "a -4 -3 -1 0 1 2 3; b -3 -2 0 1 2 3; c -3 -1 0 1 2 3",
            (x, of) => x.permute(of("a"), of("b"), of("c"))) { IsKnownInFile = true },
        new("4, 6", "select(0) -> permute({a}, {b})", "a 0 1; b 0 1 2",
            (x, of) => x.select(1, 0).permute(of("a"), of("b"))) { IsKnownInFile = true },
        new("4, 6", "roll({s}, axes: {x})", "s -9 0 1 7; x -4 -3 -1 0 2 3", (x, of) => x.roll(of("s"), of("x"))) { IsKnownInFile = true },
        new("4, 6", "roll([1, {s}], axes: [{x}, {y}])", "s 0 1; x -3 1 2 3; y 0 1 -1",
            (x, of) => x.roll([1, of("s")], [of("x"), of("y")])) { IsKnownInFile = true },
        new("4, 6", "mean({a}, {b})", "a -4 -3 -1 0 1 2 3; b -3 -1 0 1 2 3",
            (x, of) => x.mean([of("a"), of("b")])) { IsKnownInFile = true },
        new("4, 6", "sum({a}, {b}, keep: true)", "a -4 -3 -1 0 1 2 3; b -3 -1 0 1 2 3",
            (x, of) => x.sum([of("a"), of("b")], keepdim: true)) { IsKnownInFile = true },
        new("4, 6", "max({a}, {b})", "a -4 -3 -1 0 1 2 3; b -3 -1 0 1 2 3", (x, of) => x.amax([of("a"), of("b")])) { IsKnownInFile = true },
        new("4, 6", "softmax({x})", "x -4 -3 -1 0 1 2 3", (x, of) => nn.functional.softmax(x, of("x"))) { IsKnownInFile = true },
        new("4, 6", "split({n}, axis: {x})", "n 0 1 2 3 4 5 6; x -4 -2 -1 1 2 3",
            (x, of) => x.shape[(int)(of("x") < 0 ? of("x") + 3 : of("x"))] % of("n") != 0 ? Reject<Tensor>() : x.chunk(of("n"), of("x"))[0])
            { IsKnownInFile = true },
        new("4, 5", "layernorm(axis: {x})", "x -4 -3 -2 -1 0 1 2 3",
            (_, of) => of("x") is -2 or -1 or 1 or 2 ? null : Reject<Tensor>()) { IsKnownInFile = true },
        new("4, 5, 6", "local_response_norm({s})", "s -1 0 1 2 3 9", (x, of) => nn.functional.local_response_norm(x, of("s"))),
        new("5, 6", "attention(heads: {h})", "h -1 0 1 2 3 4 6 7", (_, of) => of("h") < 1 || 6 % of("h") != 0 ? Reject<Tensor>() : null),
        new("5, 6", "attention(heads: 2, dropout: {p})", "p -1 0 1 2", Probability),
        new("5, 6", "= cross_attention(x, x, heads: {h}, dropout: {p})", "h 0 1 4 6; p -1 0 1", (x, of) =>
            of("h") is 0 or 4 ? Reject<Tensor>() : Probability(x, of)),
        new("5, 6", "= scaled_dot_product_attention(x, x, x, dropout: {p})", "p -1 0 1 2", Probability),
        new("5, 4, 6", "window_attention(heads: 2, window: 2, dropout: {p})", "p -1 0 1 2", Probability),
        new("5", "embedding({c}, {f})", "c -1 0 1 3; f -1 0 1 3",
            (x, of) => of("f") < 1 ? Reject<Tensor>() : nn.Embedding(of("c"), of("f")).call(x))
            { Draw = sizes => zeros(sizes, ScalarType.Int64) },
        new("5, 4, 6", "window_attention(heads: {h}, window: {w}, shift: {s})", "h 0 1 4 6; w 0 1 3 4 9; s -1 0 1 2 3 8 9",
            (_, of) => of("h") is 0 or 4 || of("w") < 1 || of("s") < 0 || of("s") >= of("w") ? Reject<Tensor>() : null),
        new("4, 5", "celu({a})", "a -1 0 1", (x, of) => of("a") < 0 ? Reject<Tensor>() : nn.functional.celu(x, of("a"))),
        new("4, 5", "softshrink({a})", "a -1 0 1", (x, of) => nn.functional.softshrink(x, of("a"))),
        new("4, 5", "hardtanh({a}, {b})", "a -1 0 2; b -1 0 1",
            (x, of) => of("a") > of("b") ? Reject<Tensor>() : x.clamp(of("a"), of("b"))),
        new("4, 5", "hardtanh({a})", "a -1 0 1 2", (x, of) => of("a") > 1 ? Reject<Tensor>() : x.clamp(of("a"), 1)),
        new("4, 5", "dropout({p})", "p -1 0 2", (x, of) => nn.functional.dropout(x, of("p"))),
        new("4, 5", "dropout1d({p})", "p -1 0 2", (x, of) => nn.functional.dropout1d(x, of("p"))),
        new("4, 5", "stochastic_depth({p})", "p -1 0 1 2", Probability),
        new("4, 5", "log_softmax({x})", "x -4 -3 -1 0 1 2 3", (x, of) => nn.functional.log_softmax(x, of("x"))) { IsKnownInFile = true },
        new("4, 5", "rmsnorm(axis: {x})", "x -4 -3 -2 -1 0 1 2 3",
            (_, of) => of("x") is -2 or -1 or 1 or 2 ? null : Reject<Tensor>()) { IsKnownInFile = true },
        new("4, 5, 6", "grn(axis: {x})", "x -5 -4 -3 -1 0 1 3 4",
            (_, of) => of("x") is -3 or -1 or 1 or 3 ? null : Reject<Tensor>()) { IsKnownInFile = true },
        new("4, 5, 6", "upsample(size: [{a}, {b}], mode: bilinear, align_corners: true)", "a 0 1 5; b -1 1 9",
            (x, of) => nn.functional.interpolate(x, size: [of("a"), of("b")], mode: InterpolationMode.Bilinear, align_corners: true)),
        new("4, 6", "= concat(x, x -> slice(0, {c}), axis: {x})", "c 1 2 4; x -4 -3 -2 -1 0 1 2 3",
            (x, of) => cat([x, x.narrow(1, 0, of("c"))], of("x"))) { IsKnownInFile = true },
        new("4, 6", "= matmul(x, x -> permute(0, 2, 1) -> slice({a}, {b}))", "a 0 2; b 2 4 6",
            // TorchSharp's product ends the process where the sizes differ.
            (x, of) => of("b") - of("a") != 6 ? Reject<Tensor>() : matmul(x, x.permute(0, 2, 1))),
        new("4, 6", "= x + (x -> slice(0, {c}))", "c 1 2 4", (x, of) => x + x.narrow(1, 0, of("c"))) { IsKnownInFile = true },
        new("6, 5", "norm(group({g}))", "g -1 0 1 2 3 4 6 7 12", (x, of) => nn.functional.group_norm(x, of("g"))),
        new("6, 5", "norm(groupkalman({g}))", "g -1 0 1 2 3 4 6 7 12", (x, of) => nn.functional.group_norm(x, of("g"))),
    ];

    public static TheoryData<string> Stages => [.. Limits.Select(limit => $"{limit.Input}: {limit.Stage}")];

    [Theory]
    [MemberData(nameof(Stages))]
    public void TheCheckerKnowsWhatTorchAccepts(string stage)
    {
        var limit = Limits.Single(limit => $"{limit.Input}: {limit.Stage}" == stage);
        var combinations = limit.Combinations().ToArray();
        var found = Findings(limit, combinations);
        // What only has no effect is refused for the reader's sake: torch accepts it.
        var rows = combinations.Where((_, i) => found[i].All(finding => finding.Code != "KN0136")).ToArray();
        var messages = Messages(limit, rows);
        var kept = Enumerable.Range(0, rows.Length).Where(i => messages[i] is null).ToArray();
        Assert.True(kept.Length > 0 && kept.Length < rows.Length, $"{kept.Length} of {rows.Length} are accepted.");
        var @case = GeneratedCase.Inline(limit.IsKnownInFile
            ? string.Join('\n', kept.Select(i => limit.Block($"C{i}", rows[i])))
            : limit.BlockWithArguments("C"));
        Assert.DoesNotContain(@case.Diagnostics, finding => finding.Id != "KN0301");
        var wrong = rows.SelectMany((numbers, i) => Disagreements(limit, numbers, messages[i],
            !limit.IsKnownInFile ? () => @case.Create("C", [.. numbers.Select(pair => (pair.Key, (object?)(int)pair.Value))])
            : messages[i] is null ? () => @case.Create($"C{i}")
            : null)).ToArray();
        Assert.True(wrong.Length == 0, $"{wrong.Length} of {rows.Length}\n{string.Join('\n', wrong.Take(20))}");
    }

    /// <summary>What the checker says of each combination of numbers, or null.</summary>
    private static string?[] Messages(Limit limit, IReadOnlyDictionary<string, long>[] rows)
    {
        var found = Findings(limit, rows);
        return [.. rows.Select((_, i) => found[i].FirstOrDefault()?.Text)];
    }

    /// <summary>The errors of each combination of numbers.</summary>
    private static ILookup<int, Diagnostic> Findings(Limit limit, IReadOnlyDictionary<string, long>[] rows)
    {
        var text = string.Join('\n', rows.Select((numbers, i) => limit.Block($"C{i}", numbers)));
        return CheckedFile.Check(new Language.Text.SourceText("limits.knnet", text)).Diagnostics
            .Where(finding => finding.Severity == Severity.Error).ToLookup(finding => finding.Place.Line - 1);
    }

    private static IEnumerable<string> Disagreements(
        Limit limit, IReadOnlyDictionary<string, long> numbers, string? message, Func<nn.Module>? create)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var x = limit.Draw([Batch, .. limit.Input.Split(", ").Select(long.Parse)]);
        var torch = Try(() => limit.Torch(x, name => numbers[name]));
        if (message is null != torch is null)
            yield return $"{limit.Text(numbers)}: the file says {message ?? "nothing"}, torch says {torch ?? "nothing"}";
        if (create is null)
            yield break;
        string? shape = null;
        var ours = Try(() =>
        {
            using var module = create();
            var output = GeneratedCase.Run(module, x)[0];
            shape = $"[{string.Join(", ", output.shape)}]";
            return output;
        });
        if (ours is null != message is null)
            yield return $"{limit.Text(numbers)}: the file says {message ?? "nothing"}, the class says {ours ?? "nothing"}";
        else if (ours is null && ShapeOf(limit.Block("C", numbers)) is var expected && shape != expected)
            yield return $"{limit.Text(numbers)}: the file says {expected}, the class gives {shape}";
    }

    private const long Batch = 2;

    private static string ShapeOf(string block)
    {
        var model = CheckedFile.Check(new Language.Text.SourceText("limits.knnet", block)).Modules[0].Generic;
        var batch = model.Inputs[0].Shape[0].Symbols().Single();
        return model.Outputs[0].Value.Shape
            .Substitute(new Language.Values.Substitution(
                new Dictionary<Language.Values.Symbol, Language.Values.Size> { [batch] = Batch })).ToString();
    }

    /// <summary>Why it does not run, in a line, or null where it does.</summary>
    private static string? Try(Func<Tensor?> run)
    {
        try
        {
            run();
            return null;
        }
        catch (Exception exception) when (exception is ExternalException or ArgumentException or NotImplementedException
            or IndexOutOfRangeException or DivideByZeroException)
        {
            return $"{exception.GetType().Name}: {exception.Message.Split('\n')[0]}";
        }
    }
}
