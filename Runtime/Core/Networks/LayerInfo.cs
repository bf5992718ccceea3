using System;
using System.Collections.Generic;

namespace KnDsl;

/// <summary>A stage of a generated network at its default arguments: a row of the table that its class offers.</summary>
/// <param name="Name">The module's full name, as in the state_dict; empty for a stage without parameters.</param>
/// <param name="Operation">The stage as the .knnet file writes it.</param>
/// <param name="Output">The output's sizes, such as <c>[N, 64, 16*h, 16*w]</c>.</param>
/// <param name="Parameters">The number of parameters.</param>
/// <param name="Macs">Multiply-accumulates for one sample, a formula where the input's size is a symbol.</param>
/// <param name="Prior">For a normalization layer: the layers that its prior comes from, with the operations between.</param>
public sealed record LayerInfo(string Name, string Operation, string Output, string Parameters, string Macs, string Prior)
{
    /// <summary>A text table of layers: the result of a generated network's <c>Summary()</c>.</summary>
    /// <param name="title">The line above it.</param>
    /// <param name="layers">Its rows, such as a generated network's <c>Layers</c>.</param>
    /// <param name="parameters">The number of parameters in all; left out where it is null.</param>
    /// <param name="macs">The multiply-accumulates for one sample in all.</param>
    /// <returns>Lines that end in "\n". Norms that many others feed name the first few; <paramref name="layers"/> has all.</returns>
    public static string Table(string title, IReadOnlyList<LayerInfo> layers, string? parameters = null, string? macs = null)
    {
        ArgumentNullException.ThrowIfNull(layers);
        return new LayerTable(title, layers, parameters, macs).ToString();
    }
}
