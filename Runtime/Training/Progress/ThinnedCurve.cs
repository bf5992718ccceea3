using System.Collections.Generic;

namespace KnDsl.Training;

/// <summary>
/// A curve of any length in few points: each is the mean of equally many values, more of them the longer the curve becomes.
/// </summary>
internal sealed class ThinnedCurve
{
    private const int Most = 1000;

    private List<(double X, double Y)> _points = [];
    private int _perPoint = 1;
    private (double X, double Y, int Count) _sum;

    /// <summary>The points, the last one also where it is of fewer values.</summary>
    public IReadOnlyList<(double X, double Y)> Points =>
        _sum.Count == 0 ? _points : [.. _points, (_sum.X / _sum.Count, _sum.Y / _sum.Count)];

    /// <summary>Adds a value.</summary>
    public void Add(double x, double y)
    {
        _sum = (_sum.X + x, _sum.Y + y, _sum.Count + 1);
        if (_sum.Count < _perPoint)
            return;
        _points.Add((_sum.X / _perPoint, _sum.Y / _perPoint));
        _sum = default;
        if (_points.Count < Most)
            return;
        var halved = new List<(double X, double Y)>(Most);
        for (var i = 0; i + 1 < _points.Count; i += 2)
            halved.Add(((_points[i].X + _points[i + 1].X) / 2, (_points[i].Y + _points[i + 1].Y) / 2));
        _points = halved;
        _perPoint *= 2;
    }
}
