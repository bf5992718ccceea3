using System.Collections.Generic;

namespace KnDsl.Language.Syntax;

/// <summary>The names that no parameter or input can have, since every generated constructor has an argument of each.</summary>
internal static class ReservedNames
{
    /// <summary>The stage, and the policy that a block is given.</summary>
    public const string Norm = "norm";

    public const string Device = "device";

    public const string Type = "dtype";

    public const string Recompute = "recompute";

    public static IReadOnlyList<string> All { get; } = [Norm, Device, Type, Recompute];

    public static bool Contains(string name) => name is Norm or Device or Type or Recompute;
}
