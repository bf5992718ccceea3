using System.Collections.Generic;
using KnDsl.Dsl.Text;

namespace KnDsl.Dsl.Model;

/// <summary>Checked arguments by name, each with its place.</summary>
internal static class Arguments
{
    public static readonly IReadOnlyDictionary<string, (Value Value, Place Place)> None = new Dictionary<string, (Value, Place)>();
}
