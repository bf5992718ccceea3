using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Text;
using System.Threading;
using KnDsl.Generator.Analysis;
using KnDsl.Generator.Naming;
using KnDsl.Generator.Pipeline;
using KnDsl.Generator.Writing;
using KnDsl.Language.Checking;
using KnDsl.Language.Diagnostics;
using Microsoft.CodeAnalysis;
using SourceText = Microsoft.CodeAnalysis.Text.SourceText;

namespace KnDsl.Generator;

/// <summary>
/// The Roslyn source generator: each .knnet file is a pipeline of its own, read, checked and written as C#; an edit of one
/// runs its steps only. It reports and never throws.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class KnnetGenerator : IIncrementalGenerator
{
    /// <summary>Names of the steps, as tests ask Roslyn for them.</summary>
    internal static class Steps
    {
        public const string Texts = nameof(Texts);
        public const string Closures = nameof(Closures);
        public const string Options = nameof(Options);
        public const string Paths = nameof(Paths);
        public const string Hiding = nameof(Hiding);
        public const string Files = nameof(Files);
        public const string Names = nameof(Names);
        public const string Externs = nameof(Externs);
        public const string Classes = nameof(Classes);
    }

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var texts = context.AdditionalTextsProvider
            .Where(KnnetText.IsKnnet)
            .Select(KnnetText.Read)
            .WithTrackingName(Steps.Texts);
        var options = context.AnalyzerConfigOptionsProvider
            .Select(static (provider, _) => ProjectOptions.Read(provider.GlobalOptions))
            .WithTrackingName(Steps.Options);
        var paths = context.CompilationProvider.Select(static (compilation, _) => SourcePaths.Of(compilation))
            .WithTrackingName(Steps.Paths);
        // Each file with the texts that it imports: an edit of one of those runs its dependents, and nothing else.
        var closures = texts.Combine(texts.Collect().Select(static (all, _) => new ImportTable(all)))
            .Select(static (pair, _) => pair.Right.ClosureOf(pair.Left))
            .WithTrackingName(Steps.Closures);
        // Which names code cannot use as they are: one small value for all files, equal to the last after nearly every edit of C# code.
        var declared = texts.Select(static (file, _) => file.Names).Collect().Combine(options)
            .Select(static (pair, _) => new EquatableArray<DeclaredNames>(pair.Left.Select(names =>
                names.Namespace.Length > 0 ? names : names with { Namespace = pair.Right.RootNamespace })));
        var hiding = declared.Combine(context.CompilationProvider)
            .Select(static (pair, _) => HidingNames.Of(pair.Left, pair.Right))
            .WithTrackingName(Steps.Hiding);
        var files = closures.Combine(options.Combine(paths).Combine(hiding))
            .Select(static (pair, cancellation) =>
                Generate(pair.Left, pair.Right.Left.Left, pair.Right.Left.Right, pair.Right.Right, cancellation))
            .WithTrackingName(Steps.Files);
        var names = texts.Select(static (file, _) => file.Path).Collect().Combine(options)
            .Select(static (pair, _) => HintNames.Of(pair.Left, pair.Right))
            .WithTrackingName(Steps.Names);
        // Two files may not make one class; only names are looked at, so an edit inside a body changes nothing here.
        var classes = files.Select(static (file, _) => file.Classes).WithTrackingName(Steps.Classes).Collect();
        var duplicates = classes.Select(static (all, _) => new EquatableArray<string>(
            Duplicates(all).Select(static pair => pair.Item.Place.Path).Distinct()));
        context.RegisterSourceOutput(classes, static (production, all) =>
        {
            foreach (var (item, first) in Duplicates(all))
                production.ReportDiagnostic(item.ToDiagnostic(first));
        });
        // Extern modules are looked up in the compilation, whenever C# code changes; nothing else of it is read but names.
        var externs = files.SelectMany(static (file, _) => file.Externs)
            .Combine(context.CompilationProvider)
            .Select(static (pair, _) => new EquatableArray<Finding>(ExternModules.Check(pair.Left, pair.Right)))
            .WithTrackingName(Steps.Externs);
        context.RegisterSourceOutput(externs, static (production, all) =>
        {
            foreach (var finding in all)
                production.ReportDiagnostic(finding.ToDiagnostic());
        });
        var wrongExterns = externs.SelectMany(static (all, _) => all.Select(static finding => finding.Place)).Collect()
            .Select(static (all, _) => new EquatableArray<FindingPlace>(all));
        context.RegisterSourceOutput(files.Combine(names).Combine(duplicates).Combine(wrongExterns), static (production, pair) =>
        {
            var ((file, hintNames), ofDuplicates) = pair.Left;
            var code = ofDuplicates.Contains(file.Path) ? null : pair.Right.Any(file.Uses.Contains) ? file.Outline : file.Code;
            Produce(production, file, code, hintNames);
        });
    }

    /// <summary>The classes whose names another file takes first.</summary>
    private static IEnumerable<(GeneratedClass Item, GeneratedClass First)> Duplicates(
        ImmutableArray<EquatableArray<GeneratedClass>> all) => all.SelectMany(static list => list).GroupBy(static item => item.Name)
        .SelectMany(static group => group.Skip(1).Select(item => (item, group.First())));

    private static GeneratedFile Generate(FileClosure closure, ProjectOptions options, SourcePaths paths, EquatableArray<HidingName> hiding,
        CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var file = closure.Check();
        var source = file.Syntax.Source;
        var space = file.Syntax.Namespace?.Text ?? options.RootNamespace;
        var ofClasses = file.Modules.Where(static module => module.IsComplete)
            .SelectMany(module => new[] { ClassNames.Check(module.Declaration, source), ClassInputs.Check(module, source) })
            .OfType<Language.Diagnostics.Diagnostic>().ToArray();
        List<Language.Diagnostics.Diagnostic> findings = [.. file.Diagnostics, .. ofClasses];
        (string? code, string? outline) = (null, null);
        cancellation.ThrowIfCancellationRequested();
        try
        {
            if (!ofClasses.Any(static finding => finding.Severity == Severity.Error))
            {
                string? Emit(bool outlines) => FileWriter.Emit(file, options.RootNamespace,
                    hiding.Where(name => name.Namespace == space).Select(static name => name.Name), paths.NameOf, options.Fuses, outlines);
                code = Emit(outlines: false);
                outline = file.Scope.Externs.Count > 0 ? Emit(outlines: true) : null;
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            findings.Add(DiagnosticCatalogue.Internal(source.At(new Language.Text.TextSpan(0, Math.Min(1, source.Content.Length))),
                $"{exception.GetType().Name}: {exception.Message}"));
        }
        return new GeneratedFile(
            source.Path, options.HintName(source.Path), code, outline,
            new EquatableArray<Finding>(findings.Select(Finding.Of)),
            new EquatableArray<GeneratedClass>(file.Modules.SelectMany(module => ClassesOf(module).Select(made => new GeneratedClass(
                $"{space}.{made.Name}", made.OutputsOf, FindingPlace.Of(source.At(module.Declaration.Name.Span)))))),
            new EquatableArray<ExternFact>(file.Scope.Externs.Values.Where(layer => layer.Source == source)
                .Select(ExternFact.Of)),
            new EquatableArray<FindingPlace>(file.Scope.Externs.Values.Select(ExternFact.PlaceOf)));
    }

    /// <summary>The class of a declaration, and the record of its outputs where it has several.</summary>
    private static IEnumerable<(string Name, string? OutputsOf)> ClassesOf(CheckedModule module)
    {
        var name = module.Declaration.Name.Text;
        yield return (name, null);
        if (module.Generic.Outputs.Count > 1)
            yield return (ForwardWriter.ResultRecord(module.Generic), name);
    }

    /// <param name="code">What is compiled. It is nothing, or the outline, where the code would be wrong all over for a reason that is
    /// reported: a class of it is made elsewhere too, or an extern module is not what the file says.</param>
    private static void Produce(SourceProductionContext production, GeneratedFile file, string? code, HintNames names)
    {
        foreach (var finding in file.Findings)
            production.ReportDiagnostic(finding.ToDiagnostic());
        if (code is not null && names.For(file.Path, file.HintName) is { } name)
            production.AddSource(name, SourceText.From(code, Encoding.UTF8));
    }
}
