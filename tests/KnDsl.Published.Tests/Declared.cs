using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace KnDsl.Published.Tests;

/// <summary>A network of tests/Cases/published, as the generator made it when this project was built.</summary>
internal sealed class Declared
{
    private Declared(Type type) => Type = type;

    /// <summary>The generated classes by the names of their cases: Cases.ResNet18.ResNet18 belongs to ResNet18.</summary>
    public static IReadOnlyDictionary<string, Declared> All { get; } = typeof(Declared).Assembly.GetTypes()
        .Where(type => type.Namespace == $"Cases.{type.Name}" && type.IsAssignableTo(typeof(nn.Module)))
        .ToDictionary(type => type.Name, type => new Declared(type));

    /// <summary>The generated class.</summary>
    public Type Type { get; }

    /// <summary>Whether it has norms, and so takes a policy.</summary>
    public bool HasPolicy => Parameters.Any(parameter => parameter.ParameterType == typeof(NormPolicy));

    /// <summary>Whether it takes what it computes again.</summary>
    public bool Recomputes => Parameters.Any(parameter => parameter.ParameterType == typeof(Recompute));

    /// <summary>Whether it calls blocks, its own or those of another file.</summary>
    public bool HasBlocks => File.ReadLines(Path.Combine(Repository.Cases, "published", Type.Name, "net.knnet"))
        .Any(line => line.StartsWith("block ", StringComparison.Ordinal) || line.StartsWith("import ", StringComparison.Ordinal));

    /// <summary>The table of layers that the class offers.</summary>
    public IReadOnlyList<LayerInfo> Layers =>
        (IReadOnlyList<LayerInfo>)Type.GetProperty("Layers", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;

    private ConstructorInfo Constructor => Type.GetConstructors().Single();

    private ParameterInfo[] Parameters => Constructor.GetParameters();

    /// <summary>Constructs it with the defaults of its file and, where it takes one, the policy.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="classes">The classes instead of the file's, where it has such a parameter; null leaves them.</param>
    /// <param name="recompute">What it computes again, where it has anything of the kind.</param>
    public nn.Module Create(NormPolicy policy, int? classes = null, Recompute recompute = default) =>
        (nn.Module)Unwrapped(() => Constructor.Invoke([.. Parameters.Select(parameter =>
            parameter.ParameterType == typeof(NormPolicy) ? policy
            : parameter.ParameterType == typeof(Recompute) ? recompute
            : parameter.Name == "classes" ? classes ?? parameter.DefaultValue
            : parameter.DefaultValue)]));

    /// <summary>The outputs by the names of the file: several come in a record, whose properties have those names.</summary>
    /// <param name="network">What <see cref="Create"/> gave.</param>
    /// <param name="image">The only input.</param>
    /// <param name="single">What an output is called that comes alone.</param>
    public IReadOnlyDictionary<string, Tensor> Run(nn.Module network, Tensor image, string single)
    {
        var output = Unwrapped(() => Type.GetMethod("call", [typeof(Tensor)])!.Invoke(network, [image])!);
        return output is Tensor tensor
            ? new Dictionary<string, Tensor> { [single] = tensor }
            : output.GetType().GetProperties().ToDictionary(property => property.Name, property => (Tensor)property.GetValue(output)!);
    }

    private static object Unwrapped(Func<object> invocation)
    {
        try
        {
            return invocation();
        }
        catch (TargetInvocationException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerException!);
            throw;
        }
    }
}
