using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Published.Tests;

/// <summary>The formula gives, bit for bit, what the script's does.</summary>
public sealed class FormulaTests
{
    public static TheoryData<string> Names() => [.. Vectors().Select(v => v.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Names))]
    public void AgreesWithTheScript(string name)
    {
        var vector = Vectors().Single(v => v.GetProperty("name").GetString() == name);
        var shape = vector.GetProperty("shape").EnumerateArray().Select(v => v.GetInt64()).ToArray();
        var values = Formula.State(name, shape, vector.GetProperty("gain").GetDouble());

        Assert.Equal(shape.Aggregate(1L, (a, b) => a * b), values.Length);
        var rows = vector.GetProperty("indices").EnumerateArray().Select(v => v.GetInt32())
            .Zip(vector.GetProperty("draws").EnumerateArray(), vector.GetProperty("values").EnumerateArray());
        foreach (var (index, draw, value) in rows)
        {
            Assert.Equal(ulong.Parse(draw.GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                Formula.Draw(name, index));
            Assert.Equal(value.GetSingle(), values[index]);
        }
    }

    [Fact]
    public void FillsEveryEntry()
    {
        using var module = nn.Sequential(("a", nn.Conv2d(2, 3, 3)), ("b", nn.BatchNorm2d(3)));
        var before = module.state_dict().ToDictionary(e => e.Key, e => e.Value.clone());
        module.get_buffer("b.num_batches_tracked")!.fill_(7);

        Formula.Fill(module, 3);

        foreach (var (name, entry) in module.state_dict())
        {
            Assert.Equal(Formula.State(name, entry.shape, 3),
                entry.detach().to(ScalarType.Float32).data<float>().ToArray());
            Assert.Equal(name != "b.num_batches_tracked", !entry.allclose(before[name]));
        }
    }

    private static List<JsonElement> Vectors()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Cases, "published", "formula.json"));
        using var document = JsonDocument.Parse(text);
        return [.. document.RootElement.EnumerateArray().Select(v => v.Clone())];
    }
}
