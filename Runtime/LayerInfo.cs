namespace KnDsl;

/// <summary>A stage of a generated network at its default arguments: a row of the table that its class offers.</summary>
/// <param name="Name">The module's full name, as in the state_dict; empty for a stage without parameters.</param>
/// <param name="Operation">The stage as the .knnet file has it.</param>
/// <param name="Output">The output's sizes, such as <c>[N, 64, 16*h, 16*w]</c>.</param>
/// <param name="Parameters">The number of parameters.</param>
/// <param name="Macs">Multiply-accumulates for one sample, a formula where the input's size is a symbol.</param>
/// <param name="Prior">For a normalization layer: the layers that its prior comes from, with the operations between.</param>
public sealed record LayerInfo(string Name, string Operation, string Output, string Parameters, string Macs, string Prior);
