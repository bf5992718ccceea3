using KnDsl.Language.Diagnostics;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations.Contract;

/// <summary>Dimensions by number, negative ones from the end, as torch counts them.</summary>
internal static class Axes
{
    /// <summary>The dimension of the channels, for an operation that takes the second unless told otherwise.</summary>
    public static IntegerParameter OfChannels() => new("axis", "The dimension of the channels: 1 in [N, C, ...], -1 if they are last.", 1)
    {
        IsKnownInFile = true,
        IsNameOnly = true,
    };

    /// <summary>The index of the dimension of the channels; null where there is none or it is the batch, which is reported.</summary>
    public static int? ResolveChannels(OperationCall call, IntegerParameter parameter)
    {
        if (Resolve(call, parameter) is not 0 and var axis)
            return axis;
        call.Report(DiagnosticCatalogue.ArgumentRange(
            call.PlaceOf(parameter), call.Operation.Name, parameter.Name, "a dimension after the batch", call.Get(parameter).ToString()));
        return null;
    }

    /// <summary>
    /// The index of the dimension that an argument names, which is known in the file; null where there is no such dimension, which
    /// is reported.
    /// </summary>
    public static int? Resolve(OperationCall call, IntegerParameter parameter) => Resolve(call, parameter, call.Get(parameter));

    /// <summary>The dimension's index, or null where there is no such dimension, which is reported.</summary>
    public static int? Resolve(OperationCall call, OperationParameter parameter, Size axis)
    {
        if (!call.RequireRankAtLeast(1, "a value with dimensions"))
            return null;
        var rank = call.Input.Rank;
        var value = axis.Value!.Value;
        if (value >= -rank && value < rank)
            return (int)(value < 0 ? value + rank : value);
        call.Report(DiagnosticCatalogue.Axis(call.PlaceOf(parameter), call.Operation.Name, axis.ToString(), call.Input.ToString())
            .WithHint($"Dimensions go from 0 to {rank - 1}, or from -{rank} to -1."));
        return null;
    }
}
