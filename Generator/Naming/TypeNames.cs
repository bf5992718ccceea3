using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Text;

namespace KnDsl.Generator.Naming;

/// <summary>
/// The names under which a file's code knows what it takes from elsewhere. Each is an alias inside the file's namespace, so that
/// no class of an enclosing namespace and no global using hides it; where the namespace itself or the file has the name, the alias has
/// another. What the code does not take has no alias.
/// </summary>
/// <param name="space">The namespace of the code, or empty.</param>
/// <param name="taken">The names that mean something else there.</param>
internal sealed class TypeNames(string space, ISet<string> taken)
{
    /// <summary>What code takes from the base library besides collections, with full names: a project may have such names too.</summary>
    public static readonly IReadOnlyDictionary<string, string> BaseLibrary = new Dictionary<string, string>
    {
        ["ArgumentNullException"] = "System.ArgumentNullException",
        ["DynamicDependency"] = "System.Diagnostics.CodeAnalysis.DynamicDependencyAttribute",
        ["InvalidOperationException"] = "System.InvalidOperationException",
    };

    private readonly SortedDictionary<string, string> _aliases = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _spaces = new(StringComparer.Ordinal);

    /// <summary>The aliases that were asked for, each with the full name of what it is for.</summary>
    public IEnumerable<(string Alias, string FullName)> Aliases => _aliases.Select(entry => (entry.Value, entry.Key));

    /// <summary>The namespaces of generic classes, which can have no alias.</summary>
    public IEnumerable<string> Namespaces => _spaces;

    public string Torch => Of("TorchSharp.torch");

    public string Nn => Of("TorchSharp.torch.nn");

    public string Tensor => Of("TorchSharp.torch.Tensor");

    public string Device => Of("TorchSharp.torch.Device");

    public string ScalarType => Of("TorchSharp.torch.ScalarType");

    /// <summary>An attribute is found by its name with and without its last word.</summary>
    public string ComponentName => Of("TorchSharp.Utils.ComponentNameAttribute", "ComponentName");

    public string DynamicDependency => OfBaseLibrary("DynamicDependency");

    public string ArgumentNullException => OfBaseLibrary("ArgumentNullException");

    public string InvalidOperationException => OfBaseLibrary("InvalidOperationException");

    public string NormPolicy => Runtime("NormPolicy");

    public string ChannelState => Runtime("ChannelState");

    public string Epilogue => Runtime("Epilogue");

    public string Recompute => Runtime("Recompute");

    public string Activation => Runtime("Activation");

    public string Sizes => Runtime("Sizes");

    public string Handles => Runtime("Handles");

    public string Hooks => Runtime("Hooks");

    public string Operations => Runtime("Operations");

    private string OfBaseLibrary(string name) => Of(BaseLibrary[name], name);

    /// <summary>A class of KnDsl's runtime.</summary>
    public string Runtime(string name) => Of("KnDsl." + name);

    /// <summary>Something that <c>TorchSharp</c> has outside of <c>torch</c>.</summary>
    public string TorchSharp(string name) => Of("TorchSharp." + name);

    /// <summary>The class of an operation's module.</summary>
    public string Of(ModuleType type) => type.Library switch
    {
        ModuleLibrary.Extern => "global::" + CSharpNames.Dotted(type.Name),
        ModuleLibrary.Torch => Of("TorchSharp.Modules." + type.Name),
        _ => Runtime(type.Name),
    };

    public string ReadOnlyListOf(string item) => Generic("System.Collections.Generic", "IReadOnlyList", item);

    public string ListOf(string item) => Generic("System.Collections.Generic", "List", item);

    public string ModuleListOf(string item) => Generic("TorchSharp.Modules", "ModuleList", item);

    private string Generic(string from, string name, string item)
    {
        if (space.Length == 0 || taken.Contains(name))
            return $"global::{from}.{name}<{item}>";
        _spaces.Add(from);
        return $"{name}<{item}>";
    }

    private string Of(string fullName) => Of(fullName, fullName.Substring(fullName.LastIndexOf('.') + 1));

    private string Of(string fullName, string name)
    {
        if (_aliases.TryGetValue(fullName, out var known))
            return known;
        var alias = name;
        if (IsTaken(alias))
            alias = Renamed(fullName, name);
        while (IsTaken(alias))
            alias += "_";
        return _aliases[fullName] = alias;

        bool IsTaken(string wanted) => taken.Contains(wanted) || taken.Contains(wanted + "Attribute");
    }

    /// <summary>What a thing is called where its own name means something else: <c>TorchSharpTensor</c>, <c>KnDslSizes</c>.</summary>
    public static string Renamed(string fullName, string name) =>
        fullName.Substring(0, fullName.IndexOf('.')) + Casing.Capital(name);
}
