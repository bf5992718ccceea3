using System;
using System.Collections.Generic;

namespace KnDsl.Samples.Detection.Generation;

/// <summary>Connected places of a picture.</summary>
internal static class Flood
{
    /// <summary>The places that are reached from one of them, over edges of pixels.</summary>
    /// <param name="start">The first place.</param>
    /// <param name="isSeen">The places that were seen; those that are found are added.</param>
    /// <param name="width">The width of the picture.</param>
    /// <param name="isOpen">Whether a place can be reached.</param>
    public static List<int> From(int start, bool[] isSeen, int width, Func<int, bool> isOpen)
    {
        var found = new List<int> { start };
        isSeen[start] = true;
        for (var i = 0; i < found.Count; i++)
        {
            var place = found[i];
            if (place % width > 0)
                Visit(place - 1);
            if (place % width < width - 1)
                Visit(place + 1);
            if (place >= width)
                Visit(place - width);
            if (place < isSeen.Length - width)
                Visit(place + width);
        }
        return found;

        void Visit(int place)
        {
            if (isSeen[place] || !isOpen(place))
                return;
            isSeen[place] = true;
            found.Add(place);
        }
    }
}
