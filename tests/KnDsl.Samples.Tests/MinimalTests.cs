using System;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Xunit;

namespace KnDsl.Samples.Tests;

public sealed class MinimalTests
{
    [Fact]
    public async Task The_loss_falls_and_the_loaded_network_predicts()
    {
        var (code, output, errors) = await Programs.Run("Minimal");
        Assert.True(code == 0, errors);
        double[] losses =
        [
            .. Regex.Matches(output, @"^epoch \d+: loss (\d+[.,]\d+)", RegexOptions.Multiline)
                .Select(match => double.Parse(match.Groups[1].Value.Replace(',', '.'), CultureInfo.InvariantCulture)),
        ];
        Assert.Equal(5, losses.Length);
        // Guessing among four classes costs ln 4 = 1.39.
        Assert.InRange(losses[0], 0, 1.39);
        Assert.True(losses[^1] < losses[0] * 2 / 3, output);
        Assert.EndsWith("are of the classes 0, 1, 2, 3", output.TrimEnd(), StringComparison.Ordinal);
    }
}
