using KnDsl.Dsl.Diagnostics;
using KnDsl.Dsl.Model;

namespace KnDsl.Dsl.Layers;

/// <summary>Dimensions by number, negative ones from the end, as torch counts them.</summary>
internal static class Axes
{
    /// <summary>The dimension's index, or null where there is no such dimension or it is not known; that is reported.</summary>
    public static int? Resolve(LayerCall call, string argument, Size axis)
    {
        var rank = call.Input.Rank;
        if (axis.Value is { } value && value >= -rank && value < rank)
            return (int)(value < 0 ? value + rank : value);
        call.Report(DiagnosticCatalogue.Axis(call.PlaceOf(argument), call.Layer.Name, axis.ToString(), call.Input.ToString())
            .WithHint($"Dimensions go from 0 to {rank - 1}, or from -{rank} to -1."));
        return null;
    }
}
