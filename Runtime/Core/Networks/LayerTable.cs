using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;

namespace KnDsl;

/// <summary>Writes layers as a table of aligned columns that fits a wide terminal.</summary>
internal sealed class LayerTable
{
    /// <summary>A text that does not fit ends in "..."; names and sizes are never cut.</summary>
    private const int MaxOperationWidth = 36;

    private const int MaxPathWidth = 24;

    private const int MaxPriors = 4;

    private static readonly string[] Head = ["layer", "operation", "output", "parameters", "MACs", "prior (through)"];

    private readonly StringBuilder _text = new();
    private readonly int[] _widths;

    public LayerTable(string title, IReadOnlyList<LayerInfo> layers, string? parameters, string? macs)
    {
        var rows = layers.SelectMany(Rows).ToArray();
        _widths = [.. Head.Select((head, column) => rows.Select(row => row[column].Length).Append(head.Length).Max())];
        _text.Append(title).Append("\n\n");
        Write(Head);
        Write([.. _widths.Select(width => new string('-', width))]);
        foreach (var row in rows)
            Write(row);
        Write([.. _widths.Select(width => new string('-', width))]);
        if (parameters is not null)
            _text.Append(Grouped(parameters)).Append(" parameters\n");
        if (macs is not null)
            _text.Append(Grouped(macs)).Append(" MACs for one sample\n");
    }

    public override string ToString() => _text.ToString();

    /// <summary>A layer's line, and one more for each further norm that feeds it.</summary>
    private static IEnumerable<string[]> Rows(LayerInfo layer)
    {
        var priors = layer.Prior.Split("; ");
        yield return
        [
            layer.Name, Shortened(layer.Operation, MaxOperationWidth), layer.Output, Cost(layer.Parameters), Cost(layer.Macs),
            Prior(priors[0]),
        ];
        // The last line says how many more there are, unless it is the last norm's.
        var named = priors.Length <= MaxPriors ? priors.Length : MaxPriors - 1;
        foreach (var prior in priors[1..named])
            yield return ["", "", "", "", "", Prior(prior)];
        if (named < priors.Length)
            yield return ["", "", "", "", "", $"and {priors.Length - named} more"];
    }

    /// <summary>The norm in full, then as many operations as there is room for.</summary>
    private static string Prior(string prior)
    {
        var path = prior.IndexOf(" (", StringComparison.Ordinal);
        return path < 0 ? prior : $"{prior[..path]} ({Shortened(prior[(path + 2)..^1], MaxPathWidth)})";
    }

    private static string Shortened(string text, int width) => text.Length <= width ? text : text[..(width - 3)] + "...";

    private static string Cost(string cost) => cost == "0" ? "" : Grouped(cost);

    /// <summary>Numbers, in formulas too, with a comma at each thousand; the digits of a name, as in h2048, are not numbers.</summary>
    private static string Grouped(string formula) => Regex.Replace(formula, @"(?<!\w)\d{4,}(?!\w)",
        number => decimal.Parse(number.Value, CultureInfo.InvariantCulture).ToString("N0", CultureInfo.InvariantCulture));

    /// <summary>Numbers to the right, words to the left.</summary>
    private void Write(string[] cells)
    {
        var line = string.Join("  ", cells.Select((cell, column) =>
            column is 3 or 4 ? cell.PadLeft(_widths[column]) : cell.PadRight(_widths[column])));
        _text.Append(line.TrimEnd()).Append('\n');
    }
}
