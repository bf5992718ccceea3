namespace KnDsl;

/// <summary>A running mean and sum of squared deviations.</summary>
internal struct Statistic
{
    private double _count;
    private double _squares;

    public double Mean { get; private set; }

    /// <summary>The biased variance.</summary>
    public readonly double Variance => _squares / _count;

    public void Add(double count, double mean, double squares)
    {
        var total = _count + count;
        var difference = mean - Mean;
        Mean += difference * count / total;
        _squares += squares + difference * difference * _count * count / total;
        _count = total;
    }
}
