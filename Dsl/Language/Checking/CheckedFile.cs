using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>One declaration, checked: its plan for any arguments and, for a network, the one at its defaults.</summary>
internal sealed record CheckedModule(ModuleDeclaration Declaration, ModuleModel Generic, ModuleModel? AtDefaults)
{
    /// <summary>Whether code can be made of it.</summary>
    public bool IsComplete => Generic.IsComplete && AtDefaults is not { IsComplete: false };
}

/// <summary>A file, read and checked: the language's whole front end in one call. It never throws.</summary>
internal sealed class CheckedFile
{
    private readonly FileGraph _graph;

    private CheckedFile(FileScope scope, FileGraph graph, IReadOnlyList<CheckedModule> modules, IReadOnlyList<Diagnostic> diagnostics)
    {
        Scope = scope;
        _graph = graph;
        Modules = modules;
        Diagnostics = diagnostics;
    }

    public FileScope Scope { get; }

    public KnnetFile Syntax => Scope.Syntax;

    public IReadOnlyList<CheckedModule> Modules { get; }

    /// <summary>The findings in this file; those in the files that it imports are reported with these.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; }

    /// <summary>Checks a file that imports nothing.</summary>
    public static CheckedFile Check(SourceText source) => Check(source, OtherFiles.None);

    /// <summary>Checks a file that may import others.</summary>
    public static CheckedFile Check(SourceText source, OtherFiles others)
    {
        var diagnostics = new DiagnosticBag();
        var (graph, root) = FileGraph.Load(source, others, diagnostics);
        IReadOnlyList<CheckedModule> modules = [];
        try
        {
            modules = CheckModules(graph, root, diagnostics);
        }
        catch (InsufficientExecutionStackException)
        {
            var place = root.Syntax.Modules.Count == 0
                ? new TextSpan(0, Math.Min(1, source.Content.Length))
                : root.Syntax.Modules[0].Name.Span;
            diagnostics.Add(DiagnosticCatalogue.TooDeep(source.At(place), Parsing.Parser.MaxNesting));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            diagnostics.Add(DiagnosticCatalogue.Internal(source.At(new TextSpan(0, Math.Min(1, source.Content.Length))),
                $"{exception.GetType().Name}: {exception.Message}"));
        }
        return new CheckedFile(root, graph, modules, diagnostics.ToList().Where(finding => finding.Place.Text.Path == source.Path)
            .ToArray());
    }

    /// <summary>
    /// What a constructor call with some arguments would find wrong; the file itself must be right. Of the arguments that
    /// are <paramref name="unknown"/> nothing is taken for granted: what is found is wrong whatever they are.
    /// </summary>
    public IReadOnlyList<Diagnostic> CheckCall(
        ModuleDeclaration network, IReadOnlyDictionary<string, Value> arguments, IReadOnlyCollection<string> unknown)
    {
        var diagnostics = new DiagnosticBag(onlyCertain: true);
        try
        {
            new ModuleChecker(new ModelContext(_graph, diagnostics), network, Syntax.Source, false).CheckNetwork(arguments, unknown);
            if (diagnostics.ToList().Count == 0
                && Modules.FirstOrDefault(module => module.Declaration == network) is { Generic: var generic })
                diagnostics.AddRange(ConstructorChecks.Failing(generic, generic.Defaults.Where(pair => !unknown.Contains(pair.Key))
                    .Where(pair => !arguments.ContainsKey(pair.Key)).Concat(arguments).ToDictionary(pair => pair.Key, pair => pair.Value)));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return [];
        }
        return diagnostics.ToList();
    }

    /// <summary>Whether a branch of an if contains the second span and not the first.</summary>
    private static bool IsInOtherBranch(IReadOnlyList<Statement> statements, TextSpan first, TextSpan second)
    {
        return statements.Any(statement => statement switch
        {
            IfStatement branch => IsApart(branch.Then) || IsApart(branch.Else),
            ForStatement loop => IsInOtherBranch(loop.Body, first, second),
            _ => false,
        });

        bool IsApart(IReadOnlyList<Statement> branch) =>
            Contains(branch, second) && (!Contains(branch, first) || IsInOtherBranch(branch, first, second));

        static bool Contains(IReadOnlyList<Statement> branch, TextSpan span) =>
            branch.Any(statement => statement.Span.Start <= span.Start && span.End <= statement.Span.End);
    }

    private static IReadOnlyList<CheckedModule> CheckModules(FileGraph graph, FileScope root, DiagnosticBag diagnostics)
    {
        var unusable = Declarations.FindEndless(graph.Files, diagnostics);
        unusable.UnionWith(graph.Files.SelectMany(file => file.Syntax.Modules)
            .Where(module => module.IsBroken || module is { Kind: ModuleKind.Block, Inputs.Count: 0 }
            || Declarations.FindLateInput(module) is not null || module.InputShapes.Any(Declarations.HasWrongRank)));
        foreach (var file in graph.Files)
            foreach (var name in file.Visible.Where(pair => unusable.Contains(pair.Value.Declaration)).Select(pair => pair.Key).ToArray())
            {
                file.Visible.Remove(name);
                file.Unusable.Add(name);
            }
        var context = new ModelContext(graph, diagnostics);
        var source = root.Syntax.Source;
        var modules = new List<CheckedModule>();
        // At the defaults first: its messages have numbers, and the plan for any arguments repeats none of them.
        var visible = root.Syntax.Modules.Where(module => root.Visible.TryGetValue(module.Name.Text, out var found)
            && ReferenceEquals(found.Declaration, module)).ToArray();
        var networks = visible.Where(module => module.Kind == ModuleKind.Network)
            .ToDictionary(module => module, module => new ModuleChecker(context, module, source, false).CheckNetwork());
        foreach (var module in visible)
        {
            networks.TryGetValue(module, out var atDefaults);
            var generic = context.Generic(module, source);
            diagnostics.RemoveConsequencesOfRanks(source.At(module.Span));
            diagnostics.RemoveConsequencesOfArguments(
                source.At(module.Span), (first, later) => IsInOtherBranch(module.Body, first.Span, later.Span));
            modules.Add(new CheckedModule(module, generic, atDefaults));
            if (atDefaults is { IsComplete: true } && generic.IsComplete)
                diagnostics.AddRange(ConstructorChecks.Failing(generic, generic.Defaults)
                    .Select(finding => finding.WithHint("The constructor would throw with the default arguments.")));
        }
        ReportUnexplained(modules, source, diagnostics);
        return modules;
    }

    /// <summary>A module of which no code is made says why. Where no error does, that is a mistake of the checker.</summary>
    internal static void ReportUnexplained(IReadOnlyList<CheckedModule> modules, SourceText source, DiagnosticBag diagnostics)
    {
        if (diagnostics.ToList().Any(finding => finding.Severity == Severity.Error))
            return;
        foreach (var module in modules.Where(module => !module.IsComplete))
            diagnostics.Add(DiagnosticCatalogue.Internal(source.At(module.Declaration.Name.Span),
                $"no code can be made of '{module.Declaration.Name.Text}', and no finding says why"));
    }
}
