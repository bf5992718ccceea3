using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Values;
using Xunit;

namespace KnDsl.Language.Tests;

/// <summary>Sizes in normal form mean what the expressions mean that they were made from.</summary>
public sealed class SizeTests
{
    private static readonly Symbol[] Symbols =
        [new("h", SymbolKind.Data), new("w", SymbolKind.Data), new("n", SymbolKind.Construction), new("m", SymbolKind.Construction, false)];

    /// <summary>An expression twice: as a normal form, and as what it gives for values of the symbols.</summary>
    private sealed record Expression(Size Size, Func<IReadOnlyDictionary<Symbol, long>, long> Value);

    private static long Floor(long a, long b) => (long)Math.Floor((decimal)a / b);

    private static Expression Make(Random random, int depth)
    {
        if (depth == 0 || random.Next(6) == 0)
        {
            if (random.Next(2) == 0)
            {
                long number = random.Next(-9, 10);
                return new Expression(number, _ => number);
            }
            var symbol = Symbols[random.Next(Symbols.Length)];
            return new Expression(Size.Of(symbol), values => values[symbol]);
        }
        var a = Make(random, depth - 1);
        var b = Make(random, depth - 1);
        long divisor = random.Next(1, 9);
        return random.Next(12) switch
        {
            0 => new Expression(a.Size + b.Size, values => a.Value(values) + b.Value(values)),
            1 => new Expression(a.Size - b.Size, values => a.Value(values) - b.Value(values)),
            2 => new Expression(-a.Size, values => -a.Value(values)),
            3 => new Expression(a.Size * b.Size, values => a.Value(values) * b.Value(values)),
            4 => new Expression(Size.CeilingDivide(a.Size, divisor), values => -Floor(-a.Value(values), divisor)),
            5 => new Expression(Size.Modulo(a.Size, divisor), values => a.Value(values) - Floor(a.Value(values), divisor) * divisor),
            6 => new Expression(Size.FloorDivide(a.Size, -divisor), values => Floor(a.Value(values), -divisor)),
            7 => new Expression(Size.FloorDivide(a.Size, Size.Of(Symbols[1])), values => Floor(a.Value(values), values[Symbols[1]])),
            8 => new Expression(Size.Choose(Condition.Compare(Comparison.Less, a.Size, b.Size), a.Size, b.Size * divisor),
                values => a.Value(values) < b.Value(values) ? a.Value(values) : b.Value(values) * divisor),
            9 => new Expression(Size.Choose(Condition.Compare(Comparison.Equal, a.Size, divisor), b.Size, divisor),
                values => a.Value(values) == divisor ? b.Value(values) : divisor),
            10 => new Expression(Size.Largest(Size.Of(Symbols[0]), divisor, Size.Of(Symbols[2]) * 2),
                values => Math.Max(Math.Max(values[Symbols[0]], divisor), values[Symbols[2]] * 2)),
            _ => new Expression(Size.FloorDivide(a.Size, divisor), values => Floor(a.Value(values), divisor)),
        };
    }

    private static IEnumerable<IReadOnlyDictionary<Symbol, long>> Values(Random random, int count)
    {
        for (var i = 0; i < count; i++)
        {
            yield return Symbols.ToDictionary(symbol => symbol, symbol =>
                (long)random.Next(symbol.IsPositive ? 1 : -12, i < count / 2 ? 12 : 400));
        }
    }

    private static IReadOnlyDictionary<Symbol, Size> AsSizes(IReadOnlyDictionary<Symbol, long> values) =>
        values.ToDictionary(pair => pair.Key, pair => Size.Of(pair.Value));

    [Fact]
    public void A_normal_form_has_the_value_of_what_it_was_made_from()
    {
        for (var seed = 0; seed < 1_500; seed++)
        {
            var random = new Random(seed);
            var expression = Make(random, 4);
            foreach (var values in Values(random, 12))
            {
                Assert.True(expression.Value(values) == expression.Size.Substitute(AsSizes(values)).Value,
                    $"seed {seed}: {expression.Size} at {string.Join(", ", values.Select(pair => $"{pair.Key.Name} = {pair.Value}"))}");
            }
        }
    }

    [Fact]
    public void What_is_printed_has_the_value_of_the_normal_form()
    {
        var printed = 0;
        for (var seed = 0; seed < 1_500; seed++)
        {
            var random = new Random(seed);
            var size = Make(random, 4).Size;
            printed += ReferenceEquals(size, size.Printed) ? 0 : 1;
            foreach (var values in Values(random, 6))
                Assert.Equal((seed, size.Substitute(AsSizes(values)).Value), (seed, size.Printed.Substitute(AsSizes(values)).Value));
        }
        Assert.True(printed > 50, $"{printed}");
    }

    [Fact]
    public void Remainders_are_printed_as_such()
    {
        var (h, n, m) = (Size.Of(Symbols[0]), Size.Of(Symbols[2]), Size.Of(Symbols[3]));
        Assert.Equal("m % n", Size.Modulo(m, n).ToString());
        Assert.Equal("m + (m + 1) % (n + 2)", (Size.Modulo(m + 1, n + 2) + m).ToString());
        Assert.Equal("-3*(m % 3) + 5", (5 - 3 * Size.Modulo(m, 3)).ToString());
        Assert.Equal("h - (n % 2) + 1", (h + 2 * Size.FloorDivide(n, 2) - n + 1).ToString());
        Assert.Equal("2*(h/2)", (2 * Size.FloorDivide(h, 2)).ToString());
    }

    [Fact]
    public void Bounds_are_never_exceeded()
    {
        var bounded = 0;
        for (var seed = 0; seed < 1_500; seed++)
        {
            var random = new Random(seed);
            var expression = Make(random, 4);
            var (low, high) = (expression.Size.Minimum(), expression.Size.Maximum());
            bounded += low is not null && !expression.Size.IsConstant ? 1 : 0;
            foreach (var values in Values(random, 12))
            {
                Assert.True(!(expression.Value(values) < low) && !(expression.Value(values) > high),
                    $"seed {seed}: {expression.Size} in [{low}, {high}]");
            }
        }
        // Bounds that are never known would be sound as well.
        Assert.True(bounded > 200);
    }

    [Fact]
    public void Equal_normal_forms_have_equal_values_and_hashes()
    {
        var (equal, forms) = (0, new List<Expression>());
        for (var seed = 0; seed < 400; seed++)
            forms.Add(Make(new Random(seed), 2));
        var random = new Random(1);
        foreach (var a in forms)
        {
            foreach (var b in forms.Where(b => a.Size == b.Size && !ReferenceEquals(a, b)))
            {
                equal++;
                Assert.Equal(a.Size.GetHashCode(), b.Size.GetHashCode());
                Assert.All(Values(random, 4), values => Assert.Equal(a.Value(values), b.Value(values)));
            }
        }

        Assert.True(equal > 100);
    }

    [Fact]
    public void Substituting_sizes_is_the_same_as_computing_with_them()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var (outer, inner) = (Make(random, 3), Make(random, 2));
            var replaced = outer.Size.Substitute(new Dictionary<Symbol, Size> { [Symbols[3]] = inner.Size });
            foreach (var values in Values(random, 6))
            {
                var through = new Dictionary<Symbol, long>(values) { [Symbols[3]] = inner.Value(values) };
                Assert.Equal(outer.Value(through), replaced.Substitute(AsSizes(values)).Value);
            }
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void The_order_of_terms_and_the_way_to_a_floor_make_no_difference(int by)
    {
        var (h, w) = (Size.Of(Symbols[0]), Size.Of(Symbols[1]));
        Assert.Equal(h + w, w + h);
        Assert.Equal(h * w * 3, w * 3 * h);
        Assert.Equal(Size.Zero, (h + 1) * (h - 1) - h * h + 1);
        Assert.Equal(Size.FloorDivide(h * (by + 1) + 1, by), h + Size.FloorDivide(h + 1, by));
        Assert.Equal(Size.FloorDivide(Size.FloorDivide(h, by), 5), Size.FloorDivide(h, by * 5));
        Assert.Equal(h, Size.FloorDivide(h * by, by));
        Assert.Equal(h, Size.FloorDivide(h * by + (by - 1), by));
        Assert.NotEqual(h, Size.FloorDivide(h * by + by, by));
    }

    [Fact]
    public void Five_halvings_of_32h_and_back_are_32h()
    {
        var size = Size.Of(Symbols[0]) * 32;
        var halved = size;
        for (var i = 0; i < 5; i++)
            halved = Size.FloorDivide(halved + 2 - 3, 2) + 1;
        Assert.Equal(Size.Of(Symbols[0]), halved);
        Assert.Equal(size, halved * 32);
    }

    [Theory]
    [InlineData("h", 1, null)]
    [InlineData("-h", null, -1)]
    [InlineData("h - 1", 0, null)]
    [InlineData("(h - 1)/2 + 1", 1, null)]
    public void Bounds_of_simple_sizes(string text, int? low, int? high)
    {
        var h = Size.Of(Symbols[0]);
        var size = new[] { h, -h, h - 1, Size.FloorDivide(h - 1, 2) + 1 }
            .Single(candidate => candidate.ToString() == text || candidate.ToString() == text.Replace("(h - 1)/2 + 1", "(h + 1)/2"));
        Assert.Equal(low, size.Minimum());
        Assert.Equal(high, size.Maximum());
    }

    [Fact]
    public void A_parameter_has_no_bounds_a_size_has()
    {
        Assert.Null(Size.Of(new Symbol("n", SymbolKind.Construction, false)).Minimum());
        Assert.Equal(1, Size.Of(new Symbol("h", SymbolKind.Data)).Minimum());
    }

    [Fact]
    public void A_symbol_that_stands_alone_is_solved_for()
    {
        var (h, n) = (Size.Of(Symbols[0]), Size.Of(Symbols[2]));
        var (symbol, value) = Assert.NotNull((n - h * 2 - 3).SolveForSymbol());
        Assert.Equal(Size.Zero, (n - h * 2 - 3).Substitute(new Dictionary<Symbol, Size> { [symbol] = value }));
        Assert.Null((n * 2 - h * 2).SolveForSymbol());
    }

    [Fact]
    public void What_does_not_fit_is_said_not_wrapped()
    {
        var large = Size.Of(long.MaxValue / 2);
        Assert.Throws<OverflowException>(() => large * 3);
        Assert.Throws<OverflowException>(() => large + large + large);
        Assert.Throws<OverflowException>(() => Size.Of(Symbols[0]) * large * 3);
    }
}
