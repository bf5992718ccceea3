using System;
using System.IO;
using System.Reflection;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>What a module of C# gives is compared with the shape that its declaration says.</summary>
public sealed class ExternShapeTests : TorchTest
{
    private const string Module = """
        #pragma warning disable CS1591
        namespace Acme;

        public sealed class Module : TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>
        {
            public Module(int factor) : base("Module") => Factor = factor;

            public static System.Func<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor> Does { get; set; } = x => x;

            public int Factor { get; }

            public override TorchSharp.torch.Tensor forward(TorchSharp.torch.Tensor input) => Does(input);
        }
        """;

    private const string File = """
        extern Acme.Module(factor: int): [N, C, H, W] -> [N, factor*C, H/2, W]

        network Net(factor: int = 2)
        {
            input image[N, 3, h, 8]
            norm = kalman()
            y = image -> conv(4, 3) -> norm -> Module(factor) -> mean(2, 3) -> fc: linear(10)
            output y[N, 10]
        }

        network Inner(factor: int = 2)
        {
            input image[N, 3, 16, 8]
            y = image -> conv(4, 3) -> stride: conv(4, 3, stride: 2)
            z = y -> Module(factor)
            output z[N, 4*factor, 4, 4]
        }
        """;

    private static readonly Lazy<Assembly> Compiled = new(() =>
    {
        var driver = Host.Driver([Host.Project("net.knnet", File)]).RunGeneratorsAndUpdateCompilation(
            Host.Compilation(Module), out var compilation, out var found);
        Assert.Empty(found);
        using var image = new MemoryStream();
        var result = compilation.Emit(image);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics));
        return Assembly.Load(image.ToArray());
    });

    [Theory]
    [InlineData("Net", 16, "[2, 4, 16, 8]", "[N, factor*C, H/2, W]", "[2, 8, 8, 8]")]
    [InlineData("Net", 14, "[2, 8, 1, 1]", "[N, factor*C, H/2, W]", "[2, 8, 7, 8]")]
    [InlineData("Net", 14, "[2, 8]", "[N, factor*C, H/2, W]", "[2, 8, 7, 8]")]
    [InlineData("Net", 14, "null", "[N, factor*C, H/2, W]", "[2, 8, 7, 8]")]
    [InlineData("Inner", 16, "[1, 8, 4, 4]", "[N, factor*C, H/2, W]", "[2, 8, 4, 4]")]
    public void Another_shape_than_the_declared_one_is_refused(string network, int height, string given, string declared, string expected)
    {
        var error = Assert.Throws<InvalidOperationException>(() => Run(network, height, given));
        Assert.Equal($"KN0205: 'Module' gives {given}, and its declaration says {declared}, which is {expected} here.", error.Message);
    }

    [Theory]
    [InlineData("Net", 16, "[2, 8, 8, 8]")]
    [InlineData("Net", 15, "[2, 8, 7, 8]")]
    [InlineData("Inner", 16, "[2, 8, 4, 4]")]
    public void The_declared_shape_is_taken(string network, int height, string given) =>
        Assert.Equal(2, Run(network, height, given).size(0));

    private static Tensor Run(string network, int height, string given)
    {
        var shape = given == "null" ? null : Array.ConvertAll(given.Trim('[', ']').Split(", "), long.Parse);
        Compiled.Value.GetType("Acme.Module")!.GetProperty("Does")!.SetValue(
            null, (Func<Tensor, Tensor>)(input => shape is null ? null! : zeros(shape)));
        var type = Array.Find(Compiled.Value.GetTypes(), type => type.Name == network)!;
        var constructor = type.GetConstructors()[0];
        using var made = (nn.Module<Tensor, Tensor>)constructor.Invoke(
            Array.ConvertAll(constructor.GetParameters(), parameter => parameter.DefaultValue));
        return made.call(zeros(2, 3, height, 8));
    }
}
