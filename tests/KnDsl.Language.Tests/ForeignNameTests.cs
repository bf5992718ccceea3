using System.Linq;
using System.Text.RegularExpressions;
using KnDsl.Language.Checking;
using KnDsl.Language.Operations;
using KnDsl.Language.Parsing;
using KnDsl.Language.Text;
using Xunit;

namespace KnDsl.Language.Tests;

/// <summary>Who writes a name of another framework as a stage is told what to write, and that exists.</summary>
public sealed class ForeignNameTests
{
    private const string Torch = """
        Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d MaxPool1d MaxPool2d MaxPool3d AvgPool1d AvgPool2d AvgPool3d
        AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool2d ReflectionPad2d ReplicationPad2d CircularPad2d ZeroPad2d ConstantPad2d ELU
        Hardshrink Hardsigmoid Hardtanh Hardswish LeakyReLU LogSigmoid MultiheadAttention PReLU ReLU ReLU6 SELU CELU GELU Sigmoid SiLU Mish
        Softplus Softshrink Softsign Tanh Tanhshrink Threshold GLU Softmax LogSoftmax BatchNorm1d BatchNorm2d BatchNorm3d GroupNorm
        SyncBatchNorm InstanceNorm2d LayerNorm RMSNorm LocalResponseNorm LSTM GRU RNN Transformer TransformerEncoderLayer Identity Linear
        LazyLinear Dropout Dropout1d Dropout2d Embedding PixelShuffle PixelUnshuffle Upsample UpsamplingBilinear2d ChannelShuffle Flatten
        Sequential ModuleList Parameter cat stack chunk split view reshape permute transpose unsqueeze squeeze flip matmul bmm einsum mean
        sum amax abs exp sqrt clamp add mul sub pow relu max_pool2d avg_pool2d batch_norm interpolate pad conv2d
        """;

    private const string Keras = """
        Conv2D Dense BatchNormalization MaxPooling2D AveragePooling2D GlobalAveragePooling2D GlobalMaxPooling2D Flatten Reshape Dropout
        SpatialDropout2D ZeroPadding2D UpSampling2D Conv2DTranspose DepthwiseConv2D SeparableConv2D Activation ReLU LeakyReLU Softmax
        LayerNormalization GroupNormalization Concatenate Add Multiply Embedding MultiHeadAttention Permute
        """;

    public static TheoryData<string> Names =>
        [.. $"{Torch} {Keras}".Split([' ', '\n'], System.StringSplitOptions.RemoveEmptyEntries).Distinct()];

    [Theory]
    [MemberData(nameof(Names))]
    public void ANameOfAnotherFrameworkGetsAHint(string name)
    {
        if (OperationCatalogue.Find(name) is not null)
            return;
        foreach (var written in new[] { name, "nn." + name, "keras.layers." + name })
        {
            var source = new SourceText("foreign.knnet",
                $"network Net\n{{\n    input x[N, 3, 8, 8]\n    y = x -> {written}\n    output y[N, 3, 8, 8]\n}}\n");
            var hint = Assert.Single(CheckedFile.Check(source).Diagnostics).Hint;
            Assert.NotNull(hint);
            if (Regex.Match(hint, @"Did you mean '(\w+)") is { Success: true } own)
                Assert.NotNull(OperationCatalogue.Find(own.Groups[1].Value));
        }
    }

    public static TheoryData<string> Operations => [.. OperationCatalogue.All.Select(operation => operation.Name)];

    [Theory]
    [MemberData(nameof(Operations))]
    public void WhatThereIsHasNoHintThatThereIsNone(string operation)
    {
        Assert.False(ForeignNames.Find(operation, [])?.StartsWith("There is no", System.StringComparison.Ordinal) == true,
            $"There is '{operation}': take it out of {nameof(ForeignNames)}, and out of the cases of errors.");
    }
}
