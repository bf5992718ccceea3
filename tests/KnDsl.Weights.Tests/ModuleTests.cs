using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Weights.Tests;

/// <summary>Loading into networks and saving them.</summary>
public sealed class ModuleTests : IDisposable
{
    private static readonly string Checkpoint = TemporaryFolder.Data("network.safetensors");

    private static readonly string[] InPyTorchsOrder =
    [
        "conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var", "bn1.num_batches_tracked",
        "fc.weight", "fc.bias",
    ];

    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void LoadsACheckpointOfPyTorch()
    {
        using var network = new Network();
        var report = network.load_weights(Checkpoint);

        Assert.True(report.IsComplete);
        Assert.Equal(InPyTorchsOrder, report.Matched);
        Assert.Equal("fits Network: 8 tensors matched", report.ToString());
        // make.py counts up in 64ths, from one tensor to the next.
        Assert.Equal(Enumerable.Range(0, 108).Select(i => (i % 64 + 1) / 64f), Floats(network.conv1.weight));
        Assert.Equal(Enumerable.Range(112, 4).Select(i => (i % 64 + 1) / 64f), Floats(network.bn1.bias!));
        Assert.Equal(Enumerable.Range(120, 4).Select(i => (i % 64 + 1) / 64f), Floats(network.bn1.running_var!));
        Assert.Equal(1234, network.bn1.num_batches_tracked!.item<long>());
        Assert.True(network.conv1.weight.requires_grad);
    }

    [Fact]
    public void SavesInPyTorchsOrderWhatItLoads()
    {
        using var network = new Network();
        using var other = new Network();
        var path = folder.Named("net.safetensors");
        network.save_weights(path, new Dictionary<string, string> { ["epoch"] = "3" });

        using var file = SafetensorsFile.Open(path);
        Assert.Equal(InPyTorchsOrder, file.Entries.Select(e => e.Name));
        Assert.Equal("3", file.Metadata["epoch"]);
        Assert.Equal("pt", file.Metadata["format"]);

        Assert.False(other.conv1.weight.Equals(network.conv1.weight));
        other.load_weights(path);
        foreach (var (name, entry) in network.state_dict())
            Assert.True(entry.Equals(other.state_dict()[name]), name);
    }

    [Fact]
    public void ReportsEveryDifferenceAndChangesNothing()
    {
        using var network = new Network(kernel: 5);
        network.bn1.register_buffer("extra", zeros(1, dtype: ScalarType.Int64));
        var path = folder.Named("odd.safetensors");
        SafetensorsFile.Write(path, [
            new("conv1.weight", zeros(4, 3, 3, 3)),
            new("bn1.weight", zeros(4)),
            new("bn1.bias", zeros(4, dtype: ScalarType.Int32)),
            new("bn1.extra", zeros(1, dtype: ScalarType.Float32)),
            new("classifier.weight", zeros(2, 4)),
        ]);
        var before = Snapshot(network);

        var error = Assert.Throws<WeightsException>(() => network.load_weights(path));
        Assert.Equal(
            $"{path}: does not fit Network: 1 tensors matched\n"
            + "  4 missing: bn1.running_mean, bn1.running_var, fc.weight, fc.bias\n"
            + "  1 unexpected: classifier.weight\n"
            + "  1 misshaped: conv1.weight is [4, 3, 3, 3], expected [4, 3, 5, 5]\n"
            + "  2 of a dtype that does not convert: bn1.bias is I32, expected F32, bn1.extra is F32, expected I64\n"
            + "  A tensor keeps its kind of dtype (floating point, integer, Boolean, complex): integers may be quantized weights. If the "
            + "values are right as they are, convert them in Python before save_file, with .float() for floating-point parameters.",
            error.Message);
        Assert.Equal(["bn1.num_batches_tracked"], error.Report!.Tolerated);
        AssertUnchanged(before, network);

        var report = network.load_weights(path, strict: false);
        Assert.Equal(error.Report, report with
        {
            Matched = error.Report.Matched,
            Missing = error.Report.Missing,
            Unexpected = error.Report.Unexpected,
            Misshaped = error.Report.Misshaped,
            Mistyped = error.Report.Mistyped,
            Tolerated = error.Report.Tolerated,
            Hints = error.Report.Hints,
        });
        Assert.Equal(error.Report.Hints, report.Hints);
        Assert.Equal([0f, 0, 0, 0], Floats(network.bn1.weight!));
        before.Remove("bn1.weight");
        AssertUnchanged(before, network);
    }

    [Fact]
    public void ShortensLongLists()
    {
        using var network = nn.Sequential(Enumerable.Range(0, 5).Select(_ => nn.Linear(1, 1)));
        var path = folder.Named("empty.safetensors");
        SafetensorsFile.Write(path, []);
        var error = Assert.Throws<WeightsException>(() => network.load_weights(path));
        Assert.Contains("10 missing: 0.weight, 0.bias, 1.weight, 1.bias, 2.weight, 2.bias, and 4 more", error.Message);
        Assert.Equal(10, error.Report!.Missing.Count);
    }

    [Fact]
    public void ToleratesThatNoBatchesWereCounted()
    {
        using var network = new Network();
        network.bn1.num_batches_tracked!.fill_(7);
        var path = folder.Named("old.safetensors");
        using (var file = SafetensorsFile.Open(Checkpoint))
        {
            SafetensorsFile.Write(path, file.Entries.Where(e => !e.Name.EndsWith("tracked", StringComparison.Ordinal))
                .Select(e => KeyValuePair.Create(e.Name, file.Read(e.Name))));
        }

        var report = network.load_weights(path);
        Assert.True(report.IsComplete);
        Assert.Equal(["bn1.num_batches_tracked"], report.Tolerated);
        Assert.Equal(7, network.bn1.num_batches_tracked!.item<long>());
    }

    /// <summary>The checkpoint, its tensors renamed and changed.</summary>
    private string Changed(
        Func<string, string> rename, Func<string, Tensor, Tensor>? change = null, params (string Name, Tensor Value)[] more)
    {
        var path = folder.Named("changed.safetensors");
        using var file = SafetensorsFile.Open(Checkpoint);
        SafetensorsFile.Write(path, [
            .. file.Entries.Select(entry =>
                KeyValuePair.Create(rename(entry.Name), change?.Invoke(entry.Name, file.Read(entry.Name)) ?? file.Read(entry.Name))),
            .. more.Select(entry => KeyValuePair.Create(entry.Name, entry.Value)),
        ]);
        return path;
    }

    private static bool IsCounter(string name) => name.EndsWith("num_batches_tracked", StringComparison.Ordinal);

    [Theory]
    [InlineData(ScalarType.Int64)]
    [InlineData(ScalarType.Float32)]
    public void TakesACounterOfOneElement(ScalarType dtype)
    {
        using var network = new Network();
        var path = Changed(name => name, (name, value) => IsCounter(name) ? value.reshape(1).to(dtype) : value);
        Assert.True(network.load_weights(path).IsComplete);
        Assert.Equal(1234, network.bn1.num_batches_tracked!.item<long>());
        Assert.Empty(network.bn1.num_batches_tracked.shape);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public void RefusesACounterOfSeveralElements(int elements)
    {
        using var network = new Network();
        var before = Snapshot(network);
        var path = Changed(name => name, (name, value) => IsCounter(name) ? zeros(elements, dtype: ScalarType.Int64) : value);
        var error = Assert.Throws<WeightsException>(() => network.load_weights(path));
        Assert.Contains($"bn1.num_batches_tracked is [{elements}], expected []", error.Message);
        AssertUnchanged(before, network);
    }

    [Fact]
    public void AScalarIsNoVectorOfOneElement()
    {
        using var network = new Network();
        network.register_buffer("one", zeros(1));
        var error = Assert.Throws<WeightsException>(() => network.load_weights(Changed(name => name, null, ("one", zeros([])))));
        Assert.Contains("1 misshaped: one is [], expected [1]", error.Message);
    }

    [Theory]
    [InlineData("module.")]
    [InlineData("_orig_mod.")]
    [InlineData("module._orig_mod.")]
    [InlineData("model.")]
    [InlineData("state_dict.model.")]
    public void NamesWithAPrefixAreToldAndLoaded(string prefix)
    {
        using var network = new Network();
        var before = Snapshot(network);
        var path = Changed(name => prefix + name);
        var error = Assert.Throws<WeightsException>(() => network.load_weights(path));
        Assert.Equal(
            [$"Of the missing, the file has 7 that begin with '{prefix}': stripPrefix: \"{prefix}\" loads them."], error.Report!.Hints);
        Assert.EndsWith("\n  " + error.Report.Hints[0], error.Message);
        AssertUnchanged(before, network);

        var report = network.load_weights(path, stripPrefix: prefix);
        Assert.Equal(InPyTorchsOrder, report.Matched);
        Assert.True(report.IsComplete);
        Assert.Equal(1234, network.bn1.num_batches_tracked!.item<long>());
    }

    [Fact]
    public void NamesOfPartOfANetworkAreToldAndLoaded()
    {
        using var network = nn.Sequential(("backbone", new Network()), ("head", nn.ReLU()));
        var error = Assert.Throws<WeightsException>(() => network.load_weights(Checkpoint));
        Assert.Equal(
            ["Of the unexpected, the network has 7 that begin with 'backbone.': addPrefix: \"backbone.\" loads them."],
            error.Report!.Hints);
        Assert.True(network.load_weights(Checkpoint, addPrefix: "backbone.").IsComplete);

        var renamed = network.load_weights(Changed(name => "module." + name), stripPrefix: "module.", addPrefix: "backbone.");
        Assert.Equal(InPyTorchsOrder.Select(name => "backbone." + name), renamed.Matched);
    }

    /// <summary>Names such as 0.weight end those of any network.</summary>
    [Fact]
    public void APrefixIsToldOnlyWhereShapesFitToo()
    {
        using var nested = nn.Sequential(("features", nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))));
        var other = folder.Named("other.safetensors");
        using (var network = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)))
            network.save_weights(other);
        var error = Assert.Throws<WeightsException>(() => nested.load_weights(other));
        Assert.Empty(error.Report!.Hints);

        using var flat = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2));
        nested.save_weights(other);
        error = Assert.Throws<WeightsException>(() => flat.load_weights(other));
        Assert.Empty(error.Report!.Hints);
    }

    [Fact]
    public void NamesWithoutThePrefixStayAsTheyAre()
    {
        using var network = new Network();
        var some = Changed(name => name.StartsWith("fc", StringComparison.Ordinal) ? name : "module." + name);
        Assert.True(network.load_weights(some, stripPrefix: "module.").IsComplete);

        var twice = Changed(name => name, null, ("module.fc.bias", zeros(2)));
        var error = Assert.Throws<WeightsException>(() => network.load_weights(twice, stripPrefix: "module."));
        Assert.Contains("tensor 'module.fc.bias': 'fc.bias' has the same name without the prefix 'module.'", error.Message);
    }

    [Fact]
    public void APartThatWasCompiledIsTold()
    {
        using var network = new Network();
        var error = Assert.Throws<WeightsException>(() => network.load_weights(
            Changed(name => name.StartsWith("fc.", StringComparison.Ordinal) ? "fc._orig_mod." + name[3..] : name)));
        Assert.Equal(
            ["The file's names contain '_orig_mod.', which torch.compile adds: save the state_dict of the module that was compiled."],
            error.Report!.Hints);
    }

    [Fact]
    public void ABiasOfAConvolutionBeforeANormIsTold()
    {
        using var network = new Network();
        var error = Assert.Throws<WeightsException>(() =>
            network.load_weights(Changed(name => name, null, ("conv1.bias", zeros(4)), ("other.bias", zeros(4)))));
        Assert.Equal(
            ["conv1: the network has this layer without a bias, as it is before a norm. Declare conv(..., bias: true), or linear(..., "
                + "bias: true), to have one."], error.Report!.Hints);
    }

    [Fact]
    public void ADotThatWasForgottenIsTold()
    {
        using var network = new Network();
        var error = Assert.Throws<WeightsException>(() => network.load_weights(Changed(name => "module." + name), stripPrefix: "module"));
        Assert.Equal(
            ["Of the missing, the file has 7 that begin with 'module.': stripPrefix: \"module.\" loads them."], error.Report!.Hints);

        using var part = nn.Sequential(("backbone", new Network()));
        error = Assert.Throws<WeightsException>(() => part.load_weights(Checkpoint, addPrefix: "backbone"));
        Assert.Equal(
            ["Of the unexpected, the network has 7 that begin with 'backbone.': addPrefix: \"backbone.\" loads them."],
            error.Report!.Hints);
    }

    [Theory]
    [InlineData("", "", "backbone.", "leave out addPrefix")]
    [InlineData("", "bn1.", "", "leave out stripPrefix")]
    [InlineData("", "bn1.", "backbone.", "leave out stripPrefix and addPrefix")]
    [InlineData("module.backbone.", "module.", "", "stripPrefix: \"module.backbone.\" loads")]
    [InlineData("module.", "", "module.", "stripPrefix: \"module.\" without addPrefix loads")]
    [InlineData("module.", "", "backbone.", "stripPrefix: \"module.\" without addPrefix loads")]
    public void AWrongPrefixIsTold(string ofFile, string strip, string add, string hint)
    {
        using var network = new Network();
        var path = Changed(name => ofFile + name);
        var error = Assert.Throws<WeightsException>(() => network.load_weights(path, stripPrefix: strip, addPrefix: add));
        Assert.Contains(hint, Assert.Single(error.Report!.Hints));
    }

    [Theory]
    [InlineData("", "conv1.", "", "addPrefix: \"backbone.\" without stripPrefix loads")]
    [InlineData("module.", "module.", "", "stripPrefix: \"module.\" and addPrefix: \"backbone.\" load")]
    [InlineData("module.", "", "backbone.", "stripPrefix: \"module.\" and addPrefix: \"backbone.\" load")]
    public void AWrongPrefixForAPartIsTold(string ofFile, string strip, string add, string hint)
    {
        using var network = nn.Sequential(("backbone", new Network()));
        var path = Changed(name => ofFile + name);
        var error = Assert.Throws<WeightsException>(() => network.load_weights(path, stripPrefix: strip, addPrefix: add));
        Assert.Contains(hint, Assert.Single(error.Report!.Hints));
    }

    [Theory]
    [InlineData("F8_E4M3", 8)]
    [InlineData("F8_E5M2", 8)]
    [InlineData("U32", 32)]
    public void ADtypeThatTorchSharpLacksIsTold(string type, int bits)
    {
        using var network = new Linear8();
        var path = folder.Named("lacking.safetensors");
        var header = $$$"""{"weight":{"dtype":"{{{type}}}","shape":[8],"data_offsets":[0,{{{bits}}}]}}""";
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)header.Length), .. Encoding.UTF8.GetBytes(header), .. new byte[bits]]);
        var error = Assert.Throws<WeightsException>(() => network.load_weights(path));
        Assert.Contains($"1 of a dtype that does not convert: weight is {type}, expected F32", error.Message);
        Assert.StartsWith($"TorchSharp has no {type}: convert such tensors", Assert.Single(error.Report!.Hints));
    }

    private sealed class Linear8 : nn.Module
    {
        public Linear8()
            : base(nameof(Linear8)) => register_parameter("weight", new TorchSharp.Modules.Parameter(zeros(8)));
    }

    [Fact]
    public void ALayerOfAnotherShapeIsNotTakenForOneWithoutABias()
    {
        using var network = new Network(kernel: 5);
        var error = Assert.Throws<WeightsException>(() => network.load_weights(Changed(name => name, null, ("conv1.bias", zeros(4)))));
        Assert.Empty(error.Report!.Hints);
    }

    [Theory]
    [InlineData(ScalarType.Int64, "I64")]
    [InlineData(ScalarType.Bool, "BOOL")]
    public void WeightsOfAnotherKindOfDtypeAreToldWithWhatToDo(ScalarType dtype, string name)
    {
        using var network = new Network();
        var before = Snapshot(network);
        var path = folder.Named("wrong.safetensors");
        SafetensorsFile.Write(
            path, network.state_dict().Select(e => KeyValuePair.Create(e.Key, e.Key == "fc.weight" ? e.Value.to(dtype) : e.Value)));
        var error = Assert.Throws<WeightsException>(() => network.load_weights(path));
        Assert.Contains($"1 of a dtype that does not convert: fc.weight is {name}, expected F32", error.Message);
        Assert.Contains("convert them in Python before save_file, with .float()", Assert.Single(error.Report!.Hints));
        AssertUnchanged(before, network);
    }

    [Fact]
    public void AFileOfAFoldedNetworkIsTold()
    {
        using var network = new Network();
        var error = Assert.Throws<WeightsException>(() => network.load_weights(
            Changed(name => name.Replace("bn1.", "other.", StringComparison.Ordinal), null, ("conv1.bias", zeros(4)))));
        Assert.Equal(
            ["The file has biases in the place of norms, as a folded network has: fold() the network before it loads the file."],
            error.Report!.Hints);
    }

    [Fact]
    public void WhatFitsHasNoHint()
    {
        using var network = new Network();
        Assert.Empty(network.load_weights(Checkpoint).Hints);
    }

    [Fact]
    public void RefusesACounterThatIsNone()
    {
        using var network = new Network();
        var header = """{"bn1.num_batches_tracked":{"dtype":"U64","shape":[],"data_offsets":[0,8]}}""";
        var before = Snapshot(network);
        var error = Assert.Throws<WeightsException>(() => network.load_weights(folder.File(header, 8)));
        Assert.Contains("bn1.num_batches_tracked is U64, expected I64", error.Message);
        AssertUnchanged(before, network);
    }

    [Theory]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void RoundsToTheNetworksDtype(ScalarType dtype)
    {
        using var network = new Network(dtype: dtype);
        network.load_weights(Checkpoint);
        Assert.Equal(dtype, network.conv1.weight.dtype);
        // 64ths up to 1 are exact in all of them.
        Assert.Equal(Enumerable.Range(0, 108).Select(i => (i % 64 + 1) / 64f), Floats(network.conv1.weight));

        var path = folder.Named("net.safetensors");
        network.save_weights(path);
        using var single = new Network();
        Assert.True(single.load_weights(path).IsComplete);
        Assert.Equal(Floats(network.fc.bias!), Floats(single.fc.bias!));
    }

    [Theory]
    [InlineData(ScalarType.Float64, ScalarType.Float32, true)]
    [InlineData(ScalarType.Float32, ScalarType.Float16, true)]
    [InlineData(ScalarType.Float16, ScalarType.BFloat16, true)]
    [InlineData(ScalarType.Int8, ScalarType.Int64, true)]
    [InlineData(ScalarType.Byte, ScalarType.Int16, true)]
    [InlineData(ScalarType.ComplexFloat32, ScalarType.ComplexFloat64, true)]
    [InlineData(ScalarType.Bool, ScalarType.Bool, true)]
    [InlineData(ScalarType.Int64, ScalarType.Int32, false)]
    [InlineData(ScalarType.Byte, ScalarType.Int8, false)]
    [InlineData(ScalarType.Int32, ScalarType.Float32, false)]
    [InlineData(ScalarType.Float32, ScalarType.Int64, false)]
    [InlineData(ScalarType.Bool, ScalarType.Byte, false)]
    [InlineData(ScalarType.Float32, ScalarType.ComplexFloat32, false)]
    [InlineData(ScalarType.ComplexFloat32, ScalarType.Float32, false)]
    public void ConvertsWithinAKind(ScalarType from, ScalarType to, bool converts)
    {
        using var network = new Network();
        network.register_buffer("value", zeros(2, dtype: to));
        var path = folder.Named("value.safetensors");
        SafetensorsFile.Write(path, [new("value", ones(2, dtype: from))]);

        var report = network.load_weights(path, strict: false);
        Assert.Equal(converts, report.Matched.Contains("value"));
        Assert.Equal(converts, report.Mistyped.Count == 0);
        Assert.Equal(converts, network.get_buffer("value")!.Equals(ones(2, dtype: to)));
    }

    [Fact]
    public void LoadsWhereTheWeightsLieChannelsLast()
    {
        using var network = new Network();
        using (no_grad())
            network.conv1.weight = nn.Parameter(empty_strided([4, 3, 3, 3], [27, 1, 9, 3], device: CPU));
        Assert.False(network.conv1.weight.is_contiguous());
        network.load_weights(Checkpoint);
        Assert.Equal(Enumerable.Range(0, 108).Select(i => (i % 64 + 1) / 64f),
            Floats(network.conv1.weight.contiguous()));
    }

    [Fact]
    public void RefusesTheMetaDevice()
    {
        using var network = new Network(device: new Device(DeviceType.META));
        var error = Assert.Throws<InvalidOperationException>(() => network.load_weights(Checkpoint));
        Assert.Contains("conv1.weight is on the meta device", error.Message);
        Assert.Throws<WeightsException>(() => network.save_weights(folder.Named("x")));
    }

    [Fact]
    public void DamageChangesNothing()
    {
        using var network = new Network();
        var before = Snapshot(network);
        var content = File.ReadAllBytes(Checkpoint);
        Assert.Throws<WeightsException>(() => network.load_weights(folder.Raw(content[..^1])));
        AssertUnchanged(before, network);
    }

    [Fact]
    public void LeavesNoTensorBehind()
    {
        using var network = new Network();
        var path = folder.Named("net.safetensors");
        var before = LiveTensors.Count();
        network.save_weights(path);
        network.load_weights(path);
        Assert.Throws<WeightsException>(() => network.load_weights(TemporaryFolder.Data("all-types.safetensors")));
        Assert.Equal(before, LiveTensors.Count());
    }

    private static IEnumerable<float> Floats(Tensor tensor) =>
        tensor.detach().to(ScalarType.Float32).data<float>().ToArray();

    private static Dictionary<string, Tensor> Snapshot(nn.Module module) =>
        module.state_dict().ToDictionary(e => e.Key, e => e.Value.detach().clone());

    private static void AssertUnchanged(Dictionary<string, Tensor> before, nn.Module module)
    {
        var now = module.state_dict();
        foreach (var (name, value) in before)
            Assert.True(value.Equals(now[name]), name);
    }
}
