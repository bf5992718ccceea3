using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;

namespace KnDsl.Language.Checking;

/// <summary>
/// Makes the plan of a declaration for any arguments. Where a block does not say how many dimensions its inputs have, its
/// operations do: the first combination of ranks under which all of them fit, or most, is taken, [N, C, H, W] before the others.
/// </summary>
internal static class GenericCheck
{
    private static readonly int[] Ranks = [4, 2, 3, 5];

    /// <summary>Of more inputs than this without sizes in the header, ranks that differ are not tried: there are too many ways.</summary>
    private const int MaxMixed = 4;

    public static ModuleModel Run(ModelContext context, ModuleDeclaration declaration, SourceText source)
    {
        if (declaration.Kind == ModuleKind.Network)
            return new ModuleChecker(context, declaration, source, true).CheckNetwork();
        (ModuleModel Model, DiagnosticBag Findings, int Misfits)? best = null;
        foreach (var ranks in Combinations(declaration))
        {
            var findings = new DiagnosticBag();
            var model = new ModuleChecker(context, declaration, source, true, findings).CheckBlock(ranks);
            var misfits = findings.ToList().Count(finding => finding.DependsOnRank);
            if (best is null || misfits < best.Value.Misfits)
                best = (model, findings, misfits);
            if (misfits == 0)
                break;
        }
        // What a use shows to be wrong is no matter of ranks that were not tried.
        if (best!.Value.Misfits > 0 && OpenInputs(declaration).Count > MaxMixed && !context.HasFailed(declaration))
            context.Diagnostics.Add(DiagnosticCatalogue.OpenRanks(
                source.At(TextSpan.FromBounds(declaration.Inputs[0].Span.Start, declaration.Inputs[declaration.Inputs.Count - 1].Span.End)),
                declaration.Name.Text, declaration.Inputs[0].Text));
        else
            context.Diagnostics.AddRange(best.Value.Findings.ToList());
        return best.Value.Model;
    }

    /// <summary>The ranks to try: those that the header declares, and the others in all ways.</summary>
    private static IEnumerable<int[]> Combinations(ModuleDeclaration declaration)
    {
        var open = OpenInputs(declaration);
        foreach (var ranks in Combinations(open.Count))
            yield return declaration.Inputs.Select((_, input) => declaration.ShapeOf(input)?.Sizes.Count ?? ranks[open.IndexOf(input)])
                .ToArray();
    }

    private static List<int> OpenInputs(ModuleDeclaration declaration) =>
        [.. Enumerable.Range(0, declaration.Inputs.Count).Where(input => declaration.ShapeOf(input) is null)];

    private static IEnumerable<int[]> Combinations(int inputs)
    {
        if (inputs == 0)
        {
            yield return [];
            yield break;
        }
        foreach (var rank in Ranks)
            yield return Enumerable.Repeat(rank, inputs).ToArray();
        if (inputs is < 2 or > MaxMixed)
            yield break;
        var count = 1;
        for (var i = 0; i < inputs; i++)
            count *= Ranks.Length;
        for (var n = 0; n < count; n++)
        {
            var ranks = new int[inputs];
            for (int i = 0, rest = n; i < inputs; i++, rest /= Ranks.Length)
                ranks[i] = Ranks[rest % Ranks.Length];
            if (ranks.Distinct().Count() > 1)
                yield return ranks;
        }
    }
}
