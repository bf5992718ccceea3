using System.Collections.Generic;
using System.Linq;
using System.Text;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;

namespace KnDsl.Language.Operations;

/// <summary>
/// Writes docs/operations.md: every operation, policy and diagnostic, from the catalogues. A test compares the page with this
/// text; KNDSL_UPDATE=1 has the test write it.
/// </summary>
internal static class ReferencePage
{
    public static string Write()
    {
        var page = new StringBuilder();
        page.Append("# Operations, policies, diagnostics\n\n"
            + "This page is written from the catalogues (OperationCatalogue.cs, NormPolicies.cs and DiagnosticCatalogue.cs in "
            + "Dsl/Language);\n"
            + "[language.md](language.md) describes the language itself. Arguments go by position in the order of the table, or by name.\n"
            + "*A whole number or a list with one for each spatial dimension* is one number for all of them, or a list such as "
            + "`[1, 7]`.\n"
            + "What must be *known in the file* cannot be a parameter of a network or block, or the variable of a loop.\n\n"
            + "## Operations\n");
        foreach (var operation in OperationCatalogue.All)
            Append(page, operation);
        page.Append(
            "\n## Normalization policies\n\nA network's policy is set with `norm = ...`; a norm may have its own: `norm(group(32))`.\n");
        foreach (var policy in NormPolicies.All)
        {
            page.Append($"\n### {policy.Name}\n\n{policy.Summary}\n")
                .Append(policy.HasChain ? "Its layers pass their statistics on: it has a chain.\n" : "It has no chain.\n");
            Append(page, policy.Parameters);
        }
        page.Append("\n## Diagnostics\n\n| code | severity | title |\n|---|---|---|\n");
        foreach (var rule in DiagnosticCatalogue.All.OrderBy(rule => rule.Code, System.StringComparer.Ordinal))
            page.Append($"| {rule.Code} | {rule.Severity.ToString().ToLowerInvariant()} | {rule.Title} |\n");
        return page.ToString();
    }

    private static void Append(StringBuilder page, Operation operation)
    {
        page.Append(
            $"\n### {(operation.IsOperator ? $"`{operation.Name}`" : operation.Name)}\n\n{operation.Summary}\n\n```\n"
                + $"{operation.Example}\n```\n");
        Append(page, operation.Parameters);
        page.Append($"\n* Shape: {operation.ShapeRule}.\n* Moments: {operation.MomentRule ?? "none; it cuts the statistic chain"}.\n");
    }

    private static void Append(StringBuilder page, IReadOnlyList<OperationParameter> parameters)
    {
        if (parameters.Count == 0)
            return;
        page.Append("\n| argument | kind | default | |\n|---|---|---|---|\n");
        foreach (var parameter in parameters)
            page.Append(
                $"| {parameter.Name} | {parameter.KindText}{Range(parameter)}{(parameter.IsKnownInFile ? "; known in the file" : "")}"
                    + $"{(parameter.IsNameOnly ? "; by name only" : "")} | "
                    + $"{parameter.DefaultText ?? "must be given"} | {parameter.Summary} |\n");
    }

    private static string Range(OperationParameter parameter) =>
        parameter.HasRange ? $", {parameter.RangeText}" : "";
}
