using System.Linq;
using Xunit;

namespace KnDsl.Generator.Tests;

/// <summary>Generated code makes no number for native code that nothing holds: see <see cref="Numbers"/>.</summary>
[Collection(TorchTests.Name)]
public sealed class HeldNumberTests
{
    public static TheoryData<string> Forms => [.. GeneratedCase.Names];

    [Theory]
    [MemberData(nameof(Forms))]
    public void The_forms_of_the_language_hold_their_numbers(string name) => Check(GeneratedCase.Of(name));

    [Theory]
    [MemberData(nameof(CatalogueMomentTests.Operations), MemberType = typeof(CatalogueMomentTests))]
    public void Operations_hold_their_numbers(string operation) =>
        Assert.All(CatalogueMomentTests.Sources(operation), source => Check(GeneratedCase.Inline(source)));

    private static void Check(GeneratedCase network)
    {
        var compilation = network.Compile();
        var code = compilation.SyntaxTrees.Single(tree => tree.FilePath.EndsWith(
            $"{network.Name}.g.cs", System.StringComparison.Ordinal));
        // TorchSharp's constructor of PReLU gives its initial value as a number, once.
        Assert.DoesNotContain(
            UnheldNumbers.In(compilation.GetSemanticModel(code)).Select(place => place.ToString()),
            place => !place.StartsWith("nn.PReLU(", System.StringComparison.Ordinal));
    }
}
