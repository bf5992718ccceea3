using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>
/// A size of an output of which it is certain only for given arguments and data that it is as declared: conditions and loops decide
/// it together with sizes that only data has. The forward pass looks at it.
/// </summary>
/// <param name="Output">The output's name.</param>
/// <param name="Value">The output.</param>
/// <param name="Axis">The dimension.</param>
/// <param name="Size">The size that is declared.</param>
/// <param name="Shape">All declared sizes, as the file has them.</param>
/// <param name="Text">The size, as the file has it.</param>
/// <param name="Place">Where the output is declared.</param>
internal sealed record OpenOutputSize(string Output, TensorValue Value, int Axis, Size Size, string Shape, string Text, Place Place);
