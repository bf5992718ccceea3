using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Generator.Pipeline;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace KnDsl.Generator.Analysis;

/// <summary>A name that means something else in a namespace than what generated code takes from elsewhere under it.</summary>
internal sealed record HidingName(string Namespace, string Name);

/// <summary>
/// Finds the names that TorchSharp, KnDsl or the base library use too: classes and namespaces beside the generated classes, and
/// members that a part of one has. Hardly any project has one, so this value hardly ever changes.
/// </summary>
internal static class HidingNames
{
    /// <summary>What has the names that generated code takes from elsewhere.</summary>
    private static readonly string[] Libraries =
        ["TorchSharp", "TorchSharp.torch", "TorchSharp.Modules", "TorchSharp.Utils", "KnDsl", "System.Collections.Generic"];

    public static EquatableArray<HidingName> Of(IEnumerable<DeclaredNames> files, Compilation compilation)
    {
        var outside = Libraries.SelectMany(library => NamesIn(library, compilation))
            .Concat(TypeNames.BaseLibrary.Keys.SelectMany(name => new[] { name, TypeNames.Renamed("System.", name) })).Distinct().ToArray();
        var found = new SortedSet<(string Space, string Name)>();
        foreach (var space in files.GroupBy(file => file.Namespace))
        {
            var classes = space.SelectMany(file => file.Classes).Distinct().ToArray();
            var beside = Find(space.Key, compilation);
            INamespaceOrTypeSymbol[] around = beside is null ? [] : [beside, .. classes.SelectMany(name => beside.GetTypeMembers(name))];
            var declared = new HashSet<string>(classes);
            if (space.Key.Length == 0)
                declared.UnionWith(GlobalAliases(compilation));
            found.UnionWith(outside
                .Where(name => declared.Contains(name) || around.Any(symbol => !symbol.GetMembers(name).IsEmpty))
                .Select(name => (space.Key, name)));
        }
        return new EquatableArray<HidingName>(found.Select(pair => new HidingName(pair.Space, pair.Name)));
    }

    /// <summary>The names in a namespace or class, as code calls them, and what they would be called if they were hidden.</summary>
    private static IEnumerable<string> NamesIn(string library, Compilation compilation) =>
        from symbol in Find(library, compilation) is { } found ? found.GetMembers() : []
        where symbol is INamespaceOrTypeSymbol
        from name in WithoutAttribute(symbol.Name)
        from wanted in new[] { name, TypeNames.Renamed(library + ".", name) }
        select wanted;

    /// <summary>An attribute is found by its name with and without its last word.</summary>
    private static IEnumerable<string> WithoutAttribute(string name) =>
        name.EndsWith("Attribute", StringComparison.Ordinal) ? [name, name.Substring(0, name.Length - "Attribute".Length)] : [name];

    private static INamespaceOrTypeSymbol? Find(string name, Compilation compilation)
    {
        INamespaceOrTypeSymbol? found = compilation.GlobalNamespace;
        foreach (var part in name.Split(['.'], StringSplitOptions.RemoveEmptyEntries))
            found = found?.GetMembers(part).OfType<INamespaceOrTypeSymbol>().FirstOrDefault();
        return found;
    }

    /// <summary>Aliases for all files, which are in the way only where there is no namespace.</summary>
    private static IEnumerable<string> GlobalAliases(Compilation compilation) =>
        from tree in compilation.SyntaxTrees
        from directive in ((CompilationUnitSyntax)tree.GetRoot()).Usings
        where directive.GlobalKeyword.IsKind(SyntaxKind.GlobalKeyword) && directive.Alias is not null
        select directive.Alias!.Name.Identifier.ValueText;
}
