using System;
using System.Linq;
using Xunit;

namespace KnDsl.Training.Tests.Data;

public sealed class DistributedSamplerTests
{
    [Theory]
    [InlineData(24, 1)]
    [InlineData(24, 4)]
    [InlineData(25, 4)]
    [InlineData(3, 4)]
    [InlineData(1, 8)]
    public void Ranks_together_have_every_item_and_each_has_as_many(int items, int size)
    {
        foreach (var shuffle in new[] { false, true })
        {
            var orders = Enumerable.Range(0, size).Select(rank => new DistributedSampler(items, shuffle, 5, rank, size).Order(3)).ToArray();
            Assert.All(orders, order => Assert.Equal((items + size - 1) / size, order.Length));
            var read = orders.SelectMany(order => order).ToArray();
            Assert.Equal(Enumerable.Range(0, items).Select(item => (long)item), read.Distinct().Order());
            // Only what is needed to have equal parts is read twice.
            Assert.Equal(orders[0].Length * size - items, read.Length - read.Distinct().Count());
        }
    }

    [Fact]
    public void Dropping_leaves_each_item_in_at_most_one_rank()
    {
        var read = Enumerable.Range(0, 4)
            .SelectMany(rank => new DistributedSampler(27, true, 5, rank, 4, Remainder.Drop).Order(0)).ToArray();
        Assert.Equal(24, read.Length);
        Assert.Equal(24, read.Distinct().Count());
    }

    [Fact]
    public void Batches_of_all_ranks_together_are_those_of_one_process()
    {
        var alone = new DistributedSampler(48, true, 9).Order(2);
        var ranks = Enumerable.Range(0, 4).Select(rank => new DistributedSampler(48, true, 9, rank, 4).Order(2)).ToArray();
        for (var batch = 0; batch < 4; batch++)
        {
            Assert.Equal(
                alone.Skip(12 * batch).Take(12).Order(),
                ranks.SelectMany(order => order.Skip(3 * batch).Take(3)).Order());
        }
    }

    [Fact]
    public void Orders_depend_on_seed_and_epoch_only()
    {
        static long[] Order(long seed, long epoch) => new DistributedSampler(100, true, seed).Order(epoch);
        Assert.Equal(Order(1, 1), Order(1, 1));
        Assert.NotEqual(Order(1, 1), Order(1, 2));
        Assert.NotEqual(Order(1, 1), Order(2, 1));
        Assert.Equal(Enumerable.Range(0, 100).Select(item => (long)item), new DistributedSampler(100, shuffle: false).Order(7));
    }

    [Fact]
    public void Every_item_comes_to_every_place()
    {
        var sampler = new DistributedSampler(5, true, 1);
        var places = Enumerable.Range(0, 2000).Select(epoch => sampler.Order(epoch)).ToArray();
        for (var place = 0; place < 5; place++)
            Assert.All(places.CountBy(order => order[place]), item => Assert.InRange(item.Value, 320, 480));
    }

    [Fact]
    public void What_cannot_be_shared_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new DistributedSampler(0, false));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DistributedSampler(9, false, rank: 2, size: 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DistributedSampler(9, false, rank: -1, size: 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DistributedSampler(3, false, size: 4, remainder: Remainder.Drop));
    }
}
