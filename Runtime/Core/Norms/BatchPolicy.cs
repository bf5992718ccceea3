using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Batch normalization; made by <see cref="NormPolicy.Batch"/>.</summary>
internal sealed record BatchPolicy : NormPolicy
{
    public BatchPolicy(int? microbatch, double eps, double momentum, bool isSynchronized)
    {
        Microbatch = Setting.WholeOrAtLeastOne(microbatch, nameof(microbatch));
        if (isSynchronized && microbatch is not null)
            throw Setting.OutOfRange(nameof(microbatch), microbatch, "cannot be given where the statistics are synchronized");
        IsSynchronized = isSynchronized;
        Eps = Setting.Positive(eps, nameof(eps));
        Momentum = Setting.Share(momentum);
    }

    public int? Microbatch { get; }

    public double Eps { get; }

    public double Momentum { get; }

    public bool IsSynchronized { get; }

    public override NormLayer Create(long channels, Device? device = null, ScalarType? dtype = null) =>
        new BatchNormLayer(channels, this, device, dtype);

    public override NormPolicy With(double? eps = null, double? momentum = null) =>
        new BatchPolicy(Microbatch, eps ?? Eps, momentum ?? Momentum, IsSynchronized);

    protected override string Name => "batch";

    protected override IEnumerable<string> Settings() =>
        Spell(Microbatch, Eps, Momentum).Concat(IsSynchronized ? ["synchronized: true"] : []);
}
