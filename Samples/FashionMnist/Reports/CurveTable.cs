using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Samples.FashionMnist.Training;

namespace KnDsl.Samples.FashionMnist.Reports;

/// <summary>Writes the curves as figures, so that other programs can draw them.</summary>
internal static class CurveTable
{
    /// <summary>Writes a CSV file, one line per method and epoch.</summary>
    public static void Save(string path, IReadOnlyList<Outcome> outcomes)
        => File.WriteAllLines(path,
        [
            "method,epoch,loss,error,seconds",
            .. outcomes.SelectMany(o => o.Epochs.Select(e => FormattableString.Invariant(
                $"{o.Method.Name},{e.Number},{e.Loss:F5},{e.Error:F2},{e.Elapsed.TotalSeconds:F2}"))),
        ]);
}
