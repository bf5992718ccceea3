using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Dsl.Diagnostics;
using KnDsl.Dsl.Parsing;
using KnDsl.Dsl.Syntax;
using KnDsl.Dsl.Text;

namespace KnDsl.Dsl.Model;

/// <summary>One declaration, checked: its plan for any arguments and, for a network, the one at its defaults.</summary>
internal sealed record CheckedModule(ModuleDeclaration Declaration, ModuleModel Generic, ModuleModel? AtDefaults)
{
    /// <summary>Whether code can be made of it.</summary>
    public bool IsComplete => Generic.IsComplete && AtDefaults is not { IsComplete: false };
}

/// <summary>A file, read and checked: the language's whole front end in one call. It never throws.</summary>
internal sealed class CheckedFile
{
    private CheckedFile(KnnetFile syntax, IReadOnlyList<CheckedModule> modules, IReadOnlyList<Diagnostic> diagnostics)
    {
        Syntax = syntax;
        Modules = modules;
        Diagnostics = diagnostics;
    }

    public KnnetFile Syntax { get; }

    public IReadOnlyList<CheckedModule> Modules { get; }

    public IReadOnlyList<Diagnostic> Diagnostics { get; }

    public static CheckedFile Check(SourceText source)
    {
        var diagnostics = new DiagnosticBag();
        var syntax = Parser.Parse(source, diagnostics);
        try
        {
            return new CheckedFile(syntax, CheckModules(syntax, diagnostics), diagnostics.ToList());
        }
        catch (InsufficientExecutionStackException)
        {
            var place = syntax.Modules.Count == 0 ? new TextSpan(0, Math.Min(1, source.Content.Length)) : syntax.Modules[0].Name.Span;
            diagnostics.Add(DiagnosticCatalogue.TooDeep(source.At(place), Parser.DeepestNesting));
            return new CheckedFile(syntax, [], diagnostics.ToList());
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            diagnostics.Add(DiagnosticCatalogue.Internal(source.At(new TextSpan(0, Math.Min(1, source.Content.Length))),
                $"{exception.GetType().Name}: {exception.Message}"));
            return new CheckedFile(syntax, [], diagnostics.ToList());
        }
    }

    private static IReadOnlyList<CheckedModule> CheckModules(KnnetFile syntax, DiagnosticBag diagnostics)
    {
        var declarations = Declarations.Collect(syntax, diagnostics);
        var unusable = Declarations.FindEndless(declarations, diagnostics);
        unusable.UnionWith(syntax.Modules.Where(module => module.IsBroken || module is { Kind: ModuleKind.Block, Inputs.Count: 0 }));
        foreach (var module in unusable)
            declarations.Remove(module.Name.Text);
        var context = new ModelContext(declarations, diagnostics, unusable.Select(module => module.Name.Text));
        var modules = new List<CheckedModule>();
        foreach (var (declaration, source) in declarations.Values.Where(pair => pair.Declaration.Kind == ModuleKind.Network).ToArray())
        {
            // At the defaults first: its messages have numbers, and the plan for any arguments repeats none of them.
            var atDefaults = new Elaborator(context, declaration, source, false).RunNetwork();
            modules.Add(new CheckedModule(declaration, context.Generic(declaration, source), atDefaults));
        }
        foreach (var (declaration, source) in declarations.Values.Where(pair => pair.Declaration.Kind == ModuleKind.Block).ToArray())
            modules.Add(new CheckedModule(declaration, context.Generic(declaration, source), null));
        var order = syntax.Modules.ToList();
        return modules.OrderBy(module => order.IndexOf(module.Declaration)).ToArray();
    }
}
