using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.IO;
using System.Linq;
using KnDsl.Generator.Pipeline;
using KnDsl.Language.Checking;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace KnDsl.Generator.Analysis;

/// <summary>
/// Checks calls of generated constructors: <c>new ResNetCifar(n: 9, width: 15)</c> is held against the .knnet file with those
/// arguments, and what the file would report is reported at the call, under the same code.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ConstructorCallAnalyzer : DiagnosticAnalyzer
{
    private static readonly ImmutableArray<Microsoft.CodeAnalysis.DiagnosticDescriptor> All =
        [.. DiagnosticCatalogue.All.Where(rule => rule.Severity == Severity.Error)
            .Select(rule => Descriptors.For(rule.Code, rule.Title, true))];

    /// <inheritdoc/>
    public override ImmutableArray<Microsoft.CodeAnalysis.DiagnosticDescriptor> SupportedDiagnostics => All;

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            var files = new KnnetFiles(start.Options);
            start.RegisterOperationAction(operation =>
            {
                var creation = (IObjectCreationOperation)operation.Operation;
                if (creation.Type is INamedTypeSymbol type)
                    Check(operation, type, creation.Arguments, files);
            }, OperationKind.ObjectCreation);
            start.RegisterOperationAction(operation =>
            {
                var call = (IInvocationOperation)operation.Operation;
                // : this(...) of a constructor that a partial class adds.
                if (call.TargetMethod is { MethodKind: MethodKind.Constructor, ContainingType: var type })
                    Check(operation, type, call.Arguments, files);
                else
                    CheckPolicy(operation, call);
            }, OperationKind.Invocation);
        });
    }

    private static void Check(OperationAnalysisContext context, INamedTypeSymbol type, ImmutableArray<IArgumentOperation> all,
        KnnetFiles files)
    {
        // A class of another project was made from that project's file.
        if (!SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, context.Compilation.Assembly)
            || files.FileOf(type) is not { } file)
            return;
        var module = file.Modules.FirstOrDefault(candidate =>
            candidate.Declaration.Name.Text == type.Name && candidate is { IsComplete: true, AtDefaults: not null });
        if (module is null)
            return;
        var arguments = new Dictionary<string, Value>();
        var unknown = new HashSet<string>();
        var given = new List<IArgumentOperation>();
        foreach (var argument in all.Where(argument => argument.ArgumentKind == ArgumentKind.Explicit && argument.Parameter is not null))
        {
            var parameter = module.Declaration.Parameters.FirstOrDefault(candidate => candidate.Name.Text == argument.Parameter!.Name);
            // A null asks for the default.
            if (parameter is null || argument.Value.ConstantValue is { HasValue: true, Value: null })
                continue;
            if (ConstantArguments.Read(argument.Value, parameter.Type.Text) is { } value)
            {
                arguments[parameter.Name.Text] = value;
                given.Add(argument);
            }
            else
                unknown.Add(parameter.Name.Text);
        }
        if (given.Count == 0 || file.CheckCall(module.Declaration, arguments, unknown)
            .FirstOrDefault(finding => finding.Severity == Severity.Error) is not { } error)
            return;
        var place = given.Count == 1 ? given[0].Syntax.GetLocation() : context.Operation.Syntax.GetLocation();
        context.ReportDiagnostic(Microsoft.CodeAnalysis.Diagnostic.Create(
            Descriptors.For(error.Code, error.Descriptor.Title, true), place, [FindingPlace.Of(error.Place).ToLocation()],
            $"With these arguments, '{type.Name}' has an error at {error.Place}: {error.Text}"));
    }

    /// <summary>Constant settings of a policy, which the language holds in the same ranges.</summary>
    private static void CheckPolicy(OperationAnalysisContext context, IInvocationOperation call)
    {
        if (ConstantArguments.PolicyOf(call) is not { } policy)
            return;
        var given = new Dictionary<string, IArgumentOperation>();
        foreach (var argument in call.Arguments.Where(argument => argument.ArgumentKind == ArgumentKind.Explicit))
            if (policy.Parameters.FirstOrDefault(parameter =>
                parameter.Name.Replace("_", "") == argument.Parameter?.Name.ToLowerInvariant()) is { } parameter)
            {
                given[parameter.Name] = argument;
                if (ConstantArguments.Number(argument.Value) is { } number && !parameter.Allows(number))
                    Report(argument, parameter, parameter.RangeText, number.ToString(CultureInfo.InvariantCulture));
            }
        foreach (var relation in policy.Relations(ValueOf))
            if ((relation.Size - relation.Least).Maximum() < 0
                && (given.TryGetValue(relation.Setting.Name, out var place) || given.TryGetValue(relation.Other.Name, out place)))
                Report(place, relation.Setting, relation.Expected, relation.Size.ToString());

        Size? ValueOf(IntegerParameter setting) => !given.TryGetValue(setting.Name, out var argument) ? setting.Default
            : ConstantArguments.Number(argument.Value) is { } number and >= int.MinValue and <= long.MaxValue ? Size.Of((long)number)
            : null;

        void Report(IArgumentOperation argument, OperationParameter parameter, string expected, string found)
        {
            var finding = DiagnosticCatalogue.ArgumentRange(
                new Language.Text.SourceText("", "").At(default), policy.Name, parameter.Name, expected, found);
            context.ReportDiagnostic(Microsoft.CodeAnalysis.Diagnostic.Create(
                Descriptors.For(finding.Code, finding.Descriptor.Title, true), argument.Syntax.GetLocation(), finding.Text));
        }
    }

    /// <summary>The .knnet files of a compilation, checked when a call first asks for one.</summary>
    private sealed class KnnetFiles(AnalyzerOptions options)
    {
        private readonly ConcurrentDictionary<string, CheckedFile?> _checked = new();
        private readonly ProjectOptions _project = ProjectOptions.Read(options.AnalyzerConfigOptionsProvider.GlobalOptions);

        /// <summary>The file that a class was generated from: its generated file bears its name.</summary>
        public CheckedFile? FileOf(INamedTypeSymbol type)
        {
            var generated = type.DeclaringSyntaxReferences.Select(reference => Path.GetFileName(reference.SyntaxTree.FilePath))
                .FirstOrDefault(name =>
                    name.EndsWith(".g.cs", StringComparison.Ordinal) && name.IndexOf(".knnet.", StringComparison.OrdinalIgnoreCase) >= 0);
            return generated is null ? null : _checked.GetOrAdd(generated, Load);
        }

        private CheckedFile? Load(string generated)
        {
            var texts = options.AdditionalFiles.Where(KnnetText.IsKnnet).Select(file => KnnetText.Read(file, default)).ToImmutableArray();
            var names = HintNames.Of([.. texts.Select(text => text.Path)], _project);
            var text = texts.FirstOrDefault(text => names.For(text.Path, _project.HintName(text.Path)) == generated);
            return text is null ? null : new ImportTable(texts).ClosureOf(text).Check();
        }
    }
}
