using System;
using System.IO;
using System.Linq;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Weights.Tests;

/// <summary>Files that Data/make.py wrote, an implementation of its own.</summary>
public sealed class ReadTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public static TheoryData<string> Files => ["all-types.safetensors", "other-style.safetensors"];

    public void Dispose() => scope.Dispose();

    [Theory]
    [MemberData(nameof(Files))]
    public void ReadsEveryType(string name)
    {
        using var file = SafetensorsFile.Open(TemporaryFolder.Data(name));

        Assert.Equal([true, false, true], Values<bool>(file, "flags", ScalarType.Bool, 3));
        Assert.Equal([0.5f, -1.25f, 3.0e38f, 1.0e-45f, 0, -2],
            Values<float>(file, "layer.weight", ScalarType.Float32, 2, 3));
        Assert.Equal([0.1, -1.0e300], Values<double>(file, "layer.bias", ScalarType.Float64, 2));
        Assert.Equal([0, 1, 127, 128, 255], Values<byte>(file, "bytes", ScalarType.Byte, 5));
        Assert.Equal([-128, 0, 127], Values<sbyte>(file, "signed", ScalarType.Int8, 3));
        Assert.Equal([-32768, 32767], Values<short>(file, "short", ScalarType.Int16, 2, 1));
        Assert.Equal([int.MinValue, int.MaxValue], Values<int>(file, "int", ScalarType.Int32, 2));
        Assert.Equal([9007199254740993], Values<long>(file, "num_batches_tracked", ScalarType.Int64));
        Assert.Equal([(Half)65504, (Half)(-0.5), (Half)6.103515625e-05],
            Values<Half>(file, "half", ScalarType.Float16, 3));
        Assert.Equal(ScalarType.BFloat16, file["brain"].Dtype);
        Assert.Equal([1.0f, -3.140625f, MathF.Pow(2, 100), 0.0078125f],
            file.Read("brain").to(ScalarType.Float32).data<float>().ToArray());
        Assert.Equal([(1.5f, -2.0f), (-0.25f, 8.0f)],
            Values<(float, float)>(file, "complex", ScalarType.ComplexFloat32, 2));
        Assert.Equal([0, 4], file.Read("empty").shape);
        Assert.Equal([42f], Values<float>(file, "größe/重み \"q\"", ScalarType.Float32, 1));
    }

    [Fact]
    public void ReadsMetadata()
    {
        using var file = SafetensorsFile.Open(TemporaryFolder.Data("all-types.safetensors"));
        Assert.Equal([("format", "pt"), ("über", "Fuß")], file.Metadata.Select(m => (m.Key, m.Value)));

        using var other = SafetensorsFile.Open(TemporaryFolder.Data("other-style.safetensors"));
        Assert.Empty(other.Metadata);
    }

    [Fact]
    public void ListsEntriesInTheHeadersOrder()
    {
        using var file = SafetensorsFile.Open(TemporaryFolder.Data("all-types.safetensors"));
        Assert.Equal(["flags", "layer.weight", "layer.bias"], file.Entries.Take(3).Select(e => e.Name));
        Assert.Equal(13, file.Entries.Count);
        Assert.Equal(24, file["layer.weight"].Bytes);
        Assert.False(file.Contains("layer"));
    }

    [Fact]
    public void RefusesATypeThatTorchSharpLacksOnlyWhenAsked()
    {
        using var file = SafetensorsFile.Open(TemporaryFolder.Data("other-style.safetensors"));
        Assert.Null(file["unsigned"].Dtype);
        var error = Assert.Throws<WeightsException>(() => file.Read("unsigned"));
        Assert.Contains("tensor 'unsigned': has dtype U16, expected one of BOOL, U8, ", error.Message);
        Assert.Equal("unsigned", error.Tensor);
    }

    [Fact]
    public void NamesWhatIsNotThere()
    {
        using var file = SafetensorsFile.Open(TemporaryFolder.Data("all-types.safetensors"));
        var error = Assert.Throws<WeightsException>(() => file.Read("x"));
        Assert.Contains("tensor 'x': is not in the file", error.Message);
        using var wrong = zeros(3, 2);
        error = Assert.Throws<WeightsException>(() => file.CopyTo("layer.weight", wrong));
        Assert.Contains("tensor 'layer.weight': has shape [2, 3], expected [3, 2]", error.Message);
        Assert.Throws<FileNotFoundException>(() => SafetensorsFile.Open(TemporaryFolder.Data("nothing.safetensors")));
    }

    [Fact]
    public void CopiesIntoAnyStridesAndFloatingPointDtype()
    {
        using var file = SafetensorsFile.Open(TemporaryFolder.Data("all-types.safetensors"));
        var target = zeros(3, 2, dtype: ScalarType.Float64).t();
        file.CopyTo("layer.weight", target);
        Assert.Equal([0.5, -1.25, 3.0e38f, 1.0e-45f, 0, -2], target.contiguous().data<double>().ToArray());
    }

    [Fact]
    public void LeavesNoTensorBehindAndNoneOnTheDefaultDevice()
    {
        var before = LiveTensors.Count();
        set_default_device(new Device(DeviceType.META));
        try
        {
            using var file = SafetensorsFile.Open(TemporaryFolder.Data("all-types.safetensors"));
            using (var tensor = file.Read("layer.weight"))
            {
                Assert.Equal(DeviceType.CPU, tensor.device_type);
                Assert.Equal(before + 1, LiveTensors.Count());
                file.CopyTo("layer.weight", tensor);
            }
            Assert.Throws<WeightsException>(() => file.Read("x"));
        }
        finally
        {
            set_default_device(CPU);
        }
        Assert.Equal(before, LiveTensors.Count());
    }

    private static T[] Values<T>(SafetensorsFile file, string name, ScalarType dtype, params long[] shape)
        where T : unmanaged
    {
        var tensor = file.Read(name);
        Assert.Equal(dtype, tensor.dtype);
        Assert.Equal(shape, tensor.shape);
        return tensor.data<T>().ToArray();
    }
}
