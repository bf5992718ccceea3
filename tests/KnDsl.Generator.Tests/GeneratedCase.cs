using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text;
using KnDsl.Language.Checking;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Values;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>A folder of tests/Cases/forms: its file, read, checked, written as C#, and compiled and loaded when asked for.</summary>
internal sealed class GeneratedCase
{
    private static readonly string CasesFolder = System.IO.Path.Combine(Repository.Cases, "forms");
    private static readonly ConcurrentDictionary<string, GeneratedCase> Known = new();
    private readonly Lazy<Assembly> _assembly;

    private GeneratedCase(string name, string path, string source, bool fuses = true)
    {
        (Name, Path, Source) = (name, path, source);
        var result = fuses ? Host.Run(Host.Text(path, source)) : Host.RunApart(Host.Text(path, source));
        Diagnostics = result.Diagnostics;
        Exception = result.Exception;
        Code = string.Concat(result.GeneratedSources.Select(generated => generated.SourceText.ToString()));
        Model = CheckedFile.Check(new Language.Text.SourceText(path, source));
        _assembly = new Lazy<Assembly>(Load);
    }

    /// <summary>The folders of tests/Cases/forms: each shows a form of the language and what is written for it.</summary>
    public static readonly IReadOnlyList<string> Names =
    [
        .. Directory.GetFiles(CasesFolder, "net.knnet", SearchOption.AllDirectories)
            .Select(file => System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(file)!)).Order(StringComparer.Ordinal),
    ];

    public string Name { get; }

    /// <summary>The path that the compiler is told.</summary>
    public string Path { get; }

    public string Source { get; }

    public string Code { get; }

    public IReadOnlyList<Microsoft.CodeAnalysis.Diagnostic> Diagnostics { get; }

    public Exception? Exception { get; }

    public CheckedFile Model { get; }

    public ModuleModel Network => Model.Modules.First(module => module.Declaration.Kind == ModuleKind.Network).AtDefaults!;

    public Assembly Assembly => _assembly.Value;

    public static string Folder(string name) => System.IO.Path.Combine(CasesFolder, name);

    public static GeneratedCase Of(string name) => Known.GetOrAdd(name, static name =>
        new GeneratedCase(name, $"Cases/{name}/net.knnet", File.ReadAllText(System.IO.Path.Combine(Folder(name), "net.knnet"))));

    /// <summary>A file that only one test has.</summary>
    public static GeneratedCase Inline(string source) => new("Inline", "Inline/net.knnet", source);

    /// <summary>The same, written so that no norm is one call with what comes after it.</summary>
    public GeneratedCase Apart() => new(Name, Path, Source, fuses: false);

    public Type Type(string name) => Assembly.GetTypes().Single(type => type.Name == name);

    /// <summary>A generated class, built as C# would: parameters that are not given get their defaults.</summary>
    public nn.Module Create(string type, params (string Name, object? Value)[] arguments)
    {
        var constructor = Type(type).GetConstructors().Single();
        var given = arguments.ToDictionary(argument => argument.Name, argument => argument.Value);
        var values = constructor.GetParameters().Select(parameter =>
            given.Remove(parameter.Name!, out var value) ? value
            : parameter.HasDefaultValue ? parameter.DefaultValue
            : throw new ArgumentException($"{type} needs '{parameter.Name}'.")).ToArray();
        if (given.Count > 0)
            throw new ArgumentException($"{type} has no '{given.Keys.First()}'.");
        try
        {
            return (nn.Module)constructor.Invoke(values);
        }
        catch (TargetInvocationException exception)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(exception.InnerException!);
            throw;
        }
    }

    /// <summary>The network, arguments without a default given.</summary>
    public nn.Module CreateNetwork(NormPolicy? policy = null, Device? device = null, ScalarType? dtype = null)
    {
        var arguments = new List<(string, object?)> { ("device", device), ("dtype", dtype) };
        if (policy is not null)
            arguments.Add(("policy", policy));
        foreach (var parameter in Network.Declaration.Parameters.Where(parameter => parameter.Default is null))
            arguments.Add((parameter.Name.Text, RequiredArgument));
        return Create(Network.Name, [.. arguments]);
    }

    /// <summary>What parameters without a default get.</summary>
    private const int RequiredArgument = 5;

    /// <summary>Sizes with N = 4 and 3, 4, ... for the other symbols in order.</summary>
    public long[] Sizes(Shape shape)
    {
        var names = Network.Inputs.SelectMany(input => input.Shape.Sizes).SelectMany(size => size.Symbols()).Distinct()
            .Where(symbol => symbol.Kind == SymbolKind.Data).Select(symbol => symbol.Name).Order(StringComparer.Ordinal).ToArray();
        var values = names.Select((name, i) => (name, Value: name == "N" ? 4L : 2 + i)).ToDictionary(
            pair => new Symbol(pair.name, SymbolKind.Data), pair => Language.Values.Size.Of(pair.Value));
        foreach (var parameter in Network.Declaration.Parameters.Where(parameter => parameter.Default is null))
            values[new Symbol(parameter.Name.Text, SymbolKind.Construction)] = RequiredArgument;
        return [.. shape.Sizes.Select(size => size.Substitute(values).Value!.Value)];
    }

    public Tensor[] Inputs(Device? device = null, ScalarType dtype = ScalarType.Float32) =>
        [.. Network.Inputs.Select(input => randn(Sizes(input.Shape), dtype: dtype, device: device ?? CPU))];

    /// <summary>The outputs in order, whether forward gives one tensor or a record of several.</summary>
    public static Tensor[] Run(nn.Module network, params Tensor[] inputs) => Run(network, "forward", inputs);

    /// <summary>The outputs in order of <c>forward</c>, or of <c>call</c>, which runs hooks.</summary>
    public static Tensor[] Run(nn.Module network, string name, Tensor[] inputs)
    {
        var forward = network.GetType().GetMethods()
            .Single(method =>
                method.Name == name && method.GetParameters().All(parameter => parameter.ParameterType == typeof(Tensor)));
        object result;
        try
        {
            result = forward.Invoke(network, [.. inputs])!;
        }
        catch (TargetInvocationException exception)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(exception.InnerException!);
            throw;
        }
        return result is Tensor one ? [one]
            : [.. result.GetType().GetProperties().Where(property => property.PropertyType == typeof(Tensor))
                .Select(property => (Tensor)property.GetValue(result)!)];
    }

    private Assembly Load()
    {
        var compilation = Compile();
        using var image = new MemoryStream();
        using var symbols = new MemoryStream();
        var result = compilation.Emit(image, symbols, options: new EmitOptions(debugInformationFormat: DebugInformationFormat.PortablePdb));
        if (!result.Success)
            throw new InvalidOperationException(string.Join(Environment.NewLine, result.Diagnostics));
        return Assembly.Load(image.ToArray(), symbols.ToArray());
    }

    /// <summary>The generated code alone, in a project as strict as can be.</summary>
    public CSharpCompilation Compile() => Host.Compilation().AddSyntaxTrees(CSharpSyntaxTree.ParseText(
        SourceText.From(Code, Encoding.UTF8), Host.ParseOptions, $"Generated/{Name}.g.cs"));
}
