using System;

namespace KnDsl.Training;

/// <summary>Slurm's lists of machines, such as <c>rack1-node[07-10,12],login</c>.</summary>
internal static class NodeList
{
    /// <summary>The first machine of a list.</summary>
    /// <param name="list">The list.</param>
    /// <param name="variable">Where it comes from, for messages.</param>
    /// <exception cref="DistributedException">It is no such list.</exception>
    public static string FirstOf(string list, string variable)
    {
        var first = "";
        for (var rest = list.AsSpan(); rest is [not ',', ..];)
        {
            if (rest[0] == '[')
            {
                // The first number of the first range, with its leading zeros.
                var end = rest.IndexOf(']');
                var number = end < 0 ? -1 : rest[1..end].IndexOfAny(",-");
                if (end < 2 || number == 0)
                    throw NoList(list, variable);
                first += rest[1..(number < 0 ? end : number + 1)].ToString();
                rest = rest[(end + 1)..];
            }
            else
            {
                first += rest[0];
                rest = rest[1..];
            }
        }

        return first is [not '-', ..] && !first.Contains(']', StringComparison.Ordinal) && !first.Contains(' ', StringComparison.Ordinal)
            ? first
            : throw NoList(list, variable);
    }

    private static DistributedException NoList(string list, string variable) => new(
        $"{variable} is '{list}', which is no list of machines like node[01-04]: set MASTER_ADDR to the name of the machine of rank 0.");
}
