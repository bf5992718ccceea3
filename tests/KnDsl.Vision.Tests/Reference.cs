using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using static TorchSharp.torch;

namespace KnDsl.Vision.Tests;

/// <summary>A case of a file in tests/Cases/vision: what torchvision was given, and what it gave.</summary>
internal sealed class Reference
{
    private readonly JsonElement entries;

    private Reference(string name, JsonElement entries)
    {
        Name = name;
        this.entries = entries;
    }

    /// <summary>The case's name.</summary>
    public string Name { get; }

    /// <summary>One case of a file.</summary>
    public static Reference Load(string file, string name) => All(file).Single(reference => reference.Name == name);

    /// <summary>The cases of a file whose names begin with something.</summary>
    public static IReadOnlyList<Reference> All(string file, string start = "")
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Cases, "vision", file + ".json")));
        return [.. document.RootElement.GetProperty("cases").EnumerateObject()
            .Where(entry => entry.Name.StartsWith(start, StringComparison.Ordinal))
            .Select(entry => new Reference(entry.Name, entry.Value.Clone()))];
    }

    /// <summary>Names of the cases whose names begin with something, as data of a theory; never none.</summary>
    public static IEnumerable<object[]> Names(string file, string start)
    {
        var found = All(file, start);
        return found.Count > 0 ? found.Select(reference => new object[] { reference.Name })
            : throw new InvalidDataException($"{file}.json has no case that begins with '{start}'.");
    }

    public bool Has(string key) => entries.TryGetProperty(key, out _);

    public Tensor Tensor(string key) => TensorOf(entries.GetProperty(key));

    public IReadOnlyList<Tensor> Tensors(string key) => [.. entries.GetProperty(key).EnumerateArray().Select(TensorOf)];

    public double Number(string key) => entries.GetProperty(key).GetDouble();

    public int Integer(string key) => entries.GetProperty(key).GetInt32();

    public bool Boolean(string key) => entries.GetProperty(key).GetBoolean();

    public string Text(string key) => entries.GetProperty(key).GetString()!;

    public IReadOnlyList<double> Numbers(string key) => NumbersOf(entries.GetProperty(key));

    public IReadOnlyList<IReadOnlyList<double>> Lists(string key) => [.. entries.GetProperty(key).EnumerateArray().Select(NumbersOf)];

    private static IReadOnlyList<double> NumbersOf(JsonElement list) => [.. list.EnumerateArray().Select(NumberOf)];

    private static double NumberOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? double.Parse(value.GetString()!, System.Globalization.CultureInfo.InvariantCulture)
        : value.GetDouble();

    private static Tensor TensorOf(JsonElement value)
    {
        var shape = value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()).ToArray();
        var values = NumbersOf(value.GetProperty("values")).ToArray();
        var type = value.GetProperty("type").GetString() switch
        {
            "float32" => ScalarType.Float32,
            "float64" => ScalarType.Float64,
            "int16" => ScalarType.Int16,
            "int32" => ScalarType.Int32,
            "int64" => ScalarType.Int64,
            "uint8" => ScalarType.Byte,
            "bool" => ScalarType.Bool,
            var other => throw new InvalidDataException($"A tensor has the type {other}."),
        };
        return tensor(values, shape, ScalarType.Float64).to(type);
    }
}
