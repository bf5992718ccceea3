using System;
using System.Collections.Generic;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>What an operation demands, on the path that it is on.</summary>
internal sealed class Demands(BodyPath path, Requirements requirements) : IDemands
{
    public bool AreForAnyArguments => requirements.IsGeneric;

    public bool IsBatch(Symbol symbol) => requirements.IsBatch(symbol);

    public bool Related(Size left, Relation relation, Size right, Func<Diagnostic> otherwise) =>
        requirements.Require(path, relation, left, right, otherwise);

    public void AtLeast(Size size, Size minimum, Func<Diagnostic> otherwise) =>
        requirements.RequireAtLeast(path, size, minimum, otherwise);

    public bool AtLeast(Number number, Number minimum, Func<Diagnostic> otherwise) =>
        requirements.RequireAtLeast(path, number, minimum, otherwise);

    public bool AtMost(Size size, IReadOnlyList<Size> limits, Func<Diagnostic> otherwise) =>
        requirements.RequireAtMost(path, size, limits, otherwise);
}
