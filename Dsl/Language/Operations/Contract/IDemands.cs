using System;
using System.Collections.Generic;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations.Contract;

/// <summary>
/// What an operation demands of sizes: decided at once where that is possible, and checked in the constructor where its arguments
/// decide. A diagnostic is made only where it is needed.
/// </summary>
internal interface IDemands
{
    /// <summary>Whether what is decided here is so for any arguments of the constructor, and in every turn of a loop.</summary>
    bool AreForAnyArguments { get; }

    /// <summary>Whether a symbol is the batch of an input of the module.</summary>
    bool IsBatch(Symbol symbol);

    /// <summary>Demands that two sizes are to each other as a relation says.</summary>
    /// <returns>False, with the error reported, where they are not or where it cannot be decided at any time.</returns>
    bool Related(Size left, Relation relation, Size right, Func<Diagnostic> otherwise);

    /// <summary>Demands that a size that only a constructor call decides is at least another.</summary>
    void AtLeast(Size size, Size minimum, Func<Diagnostic> otherwise);

    /// <summary>Demands that a number is at least another; what a constructor call decides is checked there.</summary>
    /// <returns>False, with the error reported, where it is not.</returns>
    bool AtLeast(Number number, Number minimum, Func<Diagnostic> otherwise);

    /// <summary>
    /// Demands that a number is at most one of some others. Where only data decides it, torch refuses what does not fit; what a
    /// constructor call decides is checked there.
    /// </summary>
    bool AtMost(Size size, IReadOnlyList<Size> limits, Func<Diagnostic> otherwise);
}
