using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>A size of an input as a module declares it, with its text in the file; null where it may be any.</summary>
internal sealed record DeclaredSize(Size? Size, string Text);

/// <summary>What a module says of an input, and its forward pass demands of the tensor that it gets.</summary>
/// <param name="Value">The input.</param>
/// <param name="Sizes">
/// The declared sizes. Of a block's input without declared sizes they are its own, apart from the batch, in which the inputs of a
/// block may differ.
/// </param>
/// <param name="Place">Where it is declared.</param>
internal sealed record DeclaredInput(TensorValue Value, IReadOnlyList<DeclaredSize> Sizes, Place Place)
{
    /// <summary>The sizes as the file has them.</summary>
    public string Text => $"[{string.Join(", ", Sizes.Select(size => size.Text))}]";
}
