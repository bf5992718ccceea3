using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Samples.FashionMnist.Training;

namespace KnDsl.Samples.FashionMnist.Reports;

/// <summary>Writes the curves as figures, for whoever wants to draw them anew.</summary>
internal static class CurveTable
{
    /// <summary>Writes a CSV file, a line an epoch and method.</summary>
    public static void Save(string path, IReadOnlyList<Outcome> outcomes)
        => File.WriteAllLines(path,
        [
            "method,epoch,loss,error,seconds",
            .. outcomes.SelectMany(o => o.Epochs.Select(e => FormattableString.Invariant(
                $"{o.Method.Name},{e.Number},{e.Loss:F5},{e.Error:F2},{e.Elapsed.TotalSeconds:F2}"))),
        ]);
}
