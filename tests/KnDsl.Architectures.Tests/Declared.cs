using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using static TorchSharp.torch;

namespace KnDsl.Architectures.Tests;

/// <summary>The networks that tests/Cases declares, as the generator made them when this project was built.</summary>
internal sealed class Declared
{
    private readonly Func<NormPolicy, nn.Module> _create;
    private readonly Func<nn.Module, Tensor, IReadOnlyDictionary<string, Tensor>> _run;

    private Declared(Type type, Func<NormPolicy, nn.Module> create, Func<nn.Module, Tensor, IReadOnlyDictionary<string, Tensor>> run) =>
        (Type, _create, _run) = (type, create, run);

    /// <summary>By the name of the case.</summary>
    public static IReadOnlyDictionary<string, Declared> All { get; } = new[]
    {
        One(_ => new Cases.AlexNet.AlexNet()),
        One(_ => new Cases.ConvNeXtTiny.ConvNeXtTiny()),
        Several<Cases.DeepLabV3ResNet50.DeepLabV3ResNet50, Cases.DeepLabV3ResNet50.DeepLabV3ResNet50Output>(policy => new(policy: policy)),
        One(policy => new Cases.DenseNet121.DenseNet121(policy: policy)),
        One(policy => new Cases.EfficientNetB0.EfficientNetB0(policy: policy)),
        One(policy => new Cases.EfficientNetV2S.EfficientNetV2S(policy: policy)),
        Several<Cases.FcnResNet50.FcnResNet50, Cases.FcnResNet50.FcnResNet50Output>(policy => new(policy: policy)),
        Several<Cases.GoogLeNet.GoogLeNet, Cases.GoogLeNet.GoogLeNetOutput>(policy => new(policy: policy)),
        Several<Cases.InceptionV3.InceptionV3, Cases.InceptionV3.InceptionV3Output>(policy => new(policy: policy)),
        One(_ => new Cases.LeNet5.LeNet5()),
        One(policy => new Cases.MnasNet10.MnasNet10(policy: policy)),
        One(policy => new Cases.MobileNetV2.MobileNetV2(policy: policy)),
        One(policy => new Cases.MobileNetV3Small.MobileNetV3Small(policy: policy)),
        One(policy => new Cases.R2Plus1D18.R2Plus1D18(policy: policy)),
        One(policy => new Cases.RegNetY400.RegNetY400(policy: policy)),
        One(policy => new Cases.ResNeXt50.ResNeXt50(policy: policy)),
        One(policy => new Cases.ResNet18.ResNet18(policy: policy)),
        One(policy => new Cases.ResNet50.ResNet50(policy: policy)),
        Several<Cases.RetinaNetResNet50.RetinaNetResNet50, Cases.RetinaNetResNet50.RetinaNetResNet50Output>(policy => new(policy: policy)),
        One(policy => new Cases.ShuffleNetV2.ShuffleNetV2(policy: policy)),
        One(_ => new Cases.SqueezeNet11.SqueezeNet11()),
        One(_ => new Cases.SwinT.SwinT()),
        One(policy => new Cases.UNet.UNet(policy: policy)),
        One(_ => new Cases.Vgg11.Vgg11()),
        One(policy => new Cases.Vgg11Bn.Vgg11Bn(policy: policy)),
        One(_ => new Cases.ViTB16.ViTB16()),
        One(policy => new Cases.WideResNet50.WideResNet50(policy: policy)),
    }.ToDictionary(declared => declared.Type.Name);

    /// <summary>The generated class.</summary>
    public Type Type { get; }

    /// <summary>Whether it has norms, and so takes a policy.</summary>
    public bool HasPolicy => Type.GetConstructors().Single().GetParameters().Any(parameter => parameter.ParameterType == typeof(NormPolicy));

    /// <summary>The table of layers that the class offers.</summary>
    public IReadOnlyList<LayerInfo> Layers =>
        (IReadOnlyList<LayerInfo>)Type.GetProperty("Layers", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;

    public nn.Module Create(NormPolicy policy) => _create(policy);

    /// <summary>The outputs by the names of the file.</summary>
    public IReadOnlyDictionary<string, Tensor> Run(nn.Module network, Tensor image) => _run(network, image);

    private static Declared One<T>(Func<NormPolicy, T> create) where T : nn.Module<Tensor, Tensor> =>
        new(typeof(T), create, (network, image) => new Dictionary<string, Tensor> { ["logits"] = ((T)network).call(image) });

    /// <summary>Several outputs come in a record, whose properties have their names.</summary>
    private static Declared Several<T, TOutput>(Func<NormPolicy, T> create) where T : nn.Module<Tensor, TOutput> =>
        new(typeof(T), create, (network, image) =>
        {
            var output = ((T)network).call(image);
            return typeof(TOutput).GetProperties().ToDictionary(property => property.Name, property => (Tensor)property.GetValue(output)!);
        });
}
