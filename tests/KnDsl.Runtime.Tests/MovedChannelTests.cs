using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>
/// Channels that operations move to other dimensions, and back. A value of numbers that say which channel an element came from passes the
/// same operations, so that the moments of every channel are known exactly, wherever it is.
/// </summary>
public sealed class MovedChannelTests : TorchTest
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 200)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void ChannelsStayApartWhereverTheyGo(int seed)
    {
        var walk = new Walk(seed);
        walk.Agrees();
        for (var steps = 0; steps < 8 && walk.Value.numel() > 1; steps++)
        {
            walk.Step();
            walk.Agrees();
        }
    }

    /// <summary>A value through random operations. An element is the number of its channel.</summary>
    private sealed class Walk
    {
        private readonly Random _random;
        private readonly StringBuilder _text = new();
        private readonly Tensor _mean;
        private readonly Tensor _variance;
        private Chained _chained;
        private int _channels = 1;

        public Walk(int seed)
        {
            _random = new Random(seed);
            long[] shape = [.. Enumerable.Range(0, _random.Next(1, 5)).Select(_ => (long)_random.Next(1, 5))];
            shape[0] = _random.Next(2, 5);
            _mean = (arange(shape[0], ScalarType.Float64) + 1).square();
            _variance = (arange(shape[0], ScalarType.Float64) + 1).sqrt();
            var labels = arange(shape[0], ScalarType.Float64).view([1, -1, .. shape.Skip(1).Select(_ => 1L)]).expand([1, .. shape]);
            _chained = new Chained(labels.contiguous(), ChannelState.Gaussian(_mean, _variance, shape[1..]));
            _text.Append($"[{string.Join(", ", shape)}]");
        }

        public Tensor Value => _chained.Value;

        private int Rank => (int)Value.dim();

        public void Agrees()
        {
            Assert.Equal(Value.shape[1..], (long[])[_chained.State.Channels, .. _chained.State.Size]);

            // What the second dimension has, whatever is there.
            AgreesIn(Value, _chained.State.ToMoments());

            // And each channel by itself, in the second dimension again.
            if (_channels > 1)
            {
                long[] back = [0, _channels, .. Enumerable.Range(1, Rank - 1).Where(dim => dim != _channels)];
                var returned = _chained.Permute(back);
                AgreesIn(returned.Value, returned.State.ToMoments());
            }
        }

        private void AgreesIn(Tensor value, Moments moments)
        {
            var channel = value.transpose(0, 1).flatten(1).to(int64);
            var (means, variances) = (_mean[channel], _variance[channel]);
            var mean = means.mean([1]);
            var variance = variances.mean([1]) + (means - mean.unsqueeze(1)).square().mean([1]);
            Assert.True(allclose(mean, moments.Mean[0]), $"{_text}: mean {Text(moments.Mean[0])} in the place of {Text(mean)}");
            Assert.True(allclose(variance, moments.Variance[0]),
                $"{_text}: variance {Text(moments.Variance[0])} in the place of {Text(variance)}");

            static string Text(Tensor tensor) => string.Join(" ", tensor.data<double>());
        }

        public void Step()
        {
            var (before, channels) = (_chained, _channels);
            switch (_random.Next(9))
            {
                case 0:
                    var order = Shuffled(Enumerable.Range(1, Rank - 1));
                    _channels = order.IndexOf(channels) + 1;
                    _chained = before.Permute([0, .. order.Select(dim => (long)dim)]);
                    break;
                case 1:
                    var (dim, shift) = (AnyDim(), _random.Next(-2, 3));
                    _chained = before.Pass(new RollRule([shift], [Signed(dim)]), x => x.roll([shift], [dim]));
                    break;
                case 2:
                    dim = AnyDim();
                    var start = _random.Next((int)Value.shape[dim]);
                    _chained = before.Slice(Signed(dim), start, _random.Next(start + 1, (int)Value.shape[dim] + 1));
                    break;
                case 3 when Others() is [_, ..] others:
                    dim = others[_random.Next(others.Count)];
                    var index = _random.Next(-(int)Value.shape[dim], (int)Value.shape[dim]);
                    _chained = before.Pass(new SelectRule(Signed(dim), index), x => x.select(dim, index));
                    _channels -= dim < channels ? 1 : 0;
                    break;
                case 4 when Others().FirstOrDefault(other => Value.shape[other] == 1) is var one and > 0:
                    _chained = before.Pass(new SqueezeRule(Signed(one)), x => x.squeeze(one));
                    _channels -= one < channels ? 1 : 0;
                    break;
                case 5 when Rank < 6:
                    var place = _random.Next(1, Rank + 1);
                    _chained = before.Pass(new ReshapeRule(), x => x.unsqueeze(place));
                    _channels += place <= channels ? 1 : 0;
                    break;
                case 6 when Rank > 3 && Others() is var apart && apart.Where(other => apart.Contains(other + 1)).ToArray() is [_, ..] pairs:
                    var first = pairs[_random.Next(pairs.Length)];
                    MomentRule rule = _random.Next(2) == 0 ? new ReshapeRule() : new FlattenRule(Signed(first), Signed(first + 1));
                    _chained = before.Pass(rule, x => x.flatten(first, first + 1));
                    _channels -= first < channels ? 1 : 0;
                    break;
                case 7:
                    dim = AnyDim();
                    if (Value.shape[dim] < 8)
                        _chained = Chained.Join(new ConcatRule(Signed(dim)), parts => cat(parts, dim), before, before);
                    break;
                case 8 when Others().FirstOrDefault(other => Value.shape[other] == 1) is var one and > 0:
                    _chained = before.Pass(Reduction(one), x => x.mean([one], keepdim: true));
                    break;
            }

            if (!ReferenceEquals(_chained, before))
                _text.Append($" -> [{string.Join(", ", Value.shape[1..])}]");
        }

        /// <summary>A reduction of a single element.</summary>
        private MomentRule Reduction(int dim) => _random.Next(3) switch
        {
            0 => new MeanReductionRule([Signed(dim)], keepdim: true),
            1 => new SumReductionRule([Signed(dim)], keepdim: true),
            _ => new MaxReductionRule([Signed(dim)], keepdim: true),
        };

        private int AnyDim() => _random.Next(1, Rank);

        private long Signed(int dim) => _random.Next(2) == 0 ? dim : dim - Rank;

        private List<int> Others() => [.. Enumerable.Range(1, Rank - 1).Where(dim => dim != _channels)];

        private List<int> Shuffled(IEnumerable<int> dims) => [.. dims.OrderBy(_ => _random.Next())];
    }
}
