using System.Text.Json;
using KnDsl.Samples.Detection.Settings;

namespace KnDsl.Samples.Detection.Experiment;

/// <summary>The names of normalizations on the command line.</summary>
internal static class NormNames
{
    /// <summary>The name, such as <c>group-kalman</c>.</summary>
    public static string Of(NormKind kind) => JsonNamingPolicy.KebabCaseLower.ConvertName(kind.ToString());
}
