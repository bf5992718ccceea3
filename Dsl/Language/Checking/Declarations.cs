using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;

namespace KnDsl.Language.Checking;

/// <summary>Checks what declarations say of themselves, before any body is read: names, types, defaults, cycles.</summary>
internal static class Declarations
{
    /// <summary>
    /// The declarations by name; a name that is declared twice stands for its first declaration, and one of an operation for that.
    /// </summary>
    public static Dictionary<string, DeclaredModule> Collect(KnnetFile file, DiagnosticBag diagnostics)
    {
        var all = new Dictionary<string, DeclaredModule>();
        foreach (var module in file.Modules)
        {
            var name = module.Name.Text;
            var place = file.Source.At(module.Name.Span);
            var isReserved = OperationCatalogue.Find(name) is not null || NormPolicies.Find(name) is not null;
            if (isReserved)
                diagnostics.Add(DiagnosticCatalogue.ReservedName(place, name, "is the name of an operation")
                    .WithHint($"Networks and blocks start with a capital letter: {Casing.Capital(name)}."));
            if (all.TryGetValue(name, out var first))
                diagnostics.Add(DiagnosticCatalogue.DuplicateDeclaration(
                    place, module.Kind == ModuleKind.Network ? "network" : "block", name, file.Source.At(first.Declaration.Name.Span)));
            else if (!isReserved)
                all[name] = new DeclaredModule(module, file.Source);
            CheckNames(module, file.Source, diagnostics);
        }
        return all;
    }

    /// <summary>
    /// Whether no class can be made of a declaration, since names, types or the order of its parameters are wrong; that is reported.
    /// </summary>
    public static bool HasWrongParameters(ModuleDeclaration module)
    {
        var names = module.Inputs.Concat(module.Parameters.Select(parameter => parameter.Name)).Select(name => name.Text).ToArray();
        return names.Distinct().Count() < names.Length || names.Any(ReservedNames.Contains)
            || !module.Parameters.All(parameter => parameter.HasType) || FindLate(module) is not null;
    }

    /// <summary>The first name of a block without a type after one with a type: inputs come first, so it may be either.</summary>
    public static Name? FindLateInput(ModuleDeclaration module) =>
        module.Kind == ModuleKind.Block && module.Parameters.FirstOrDefault() is { } first
            ? module.Inputs.FirstOrDefault(input => input.Span.Start > first.Span.Start)
            : null;

    /// <summary>The first parameter without a default after one with a default: a constructor would have them in another order.</summary>
    private static (Parameter Late, Parameter Optional)? FindLate(ModuleDeclaration module)
    {
        var optional = module.Parameters.FirstOrDefault(parameter => parameter.Default is not null);
        var late = module.Parameters.SkipWhile(parameter => parameter != optional).FirstOrDefault(parameter => parameter.Default is null);
        return optional is null || late is null ? null : (late, optional);
    }

    private static void CheckNames(ModuleDeclaration module, SourceText source, DiagnosticBag diagnostics)
    {
        var seen = new Dictionary<string, Name>();
        foreach (var name in module.Inputs.Concat(module.Parameters.Select(parameter => parameter.Name)))
        {
            if (seen.TryGetValue(name.Text, out var first))
                diagnostics.Add(
                    DiagnosticCatalogue.DuplicateDeclaration(source.At(name.Span), "parameter", name.Text, source.At(first.Span)));
            else
                seen[name.Text] = name;
            if (ReservedNames.Contains(name.Text) && name.Text != ReservedNames.Norm)
                diagnostics.Add(
                    DiagnosticCatalogue.ReservedName(source.At(name.Span), name.Text, "is an argument of every generated constructor"));
            if (name.Text == ReservedNames.Norm)
                diagnostics.Add(
                    DiagnosticCatalogue.ReservedName(source.At(name.Span), name.Text, "is the name of a stage and of the network's policy")
                    .WithHint("Name the parameter 'policy' and write norm = policy."));
        }
        foreach (var shape in module.InputShapes)
            if (HasWrongRank(shape))
                diagnostics.Add(
                    DiagnosticCatalogue.Rank(source.At(shape!.Span), "input",
                    $"2 to {InputsAndOutputs.MaxDimensions} dimensions, the batch first", source.Slice(shape.Span)));
        // A parameter whose type is no type was perhaps meant as an input.
        if (module is { Kind: ModuleKind.Block, Inputs.Count: 0, IsBroken: false } && module.Parameters.All(parameter => parameter.HasType))
            diagnostics.Add(
                DiagnosticCatalogue.NoInput(source.At(module.Name.Span), "block", module.Name.Text,
                "an input such as 'x' among its parameters"));
        if (module.Kind == ModuleKind.Network)
            foreach (var input in module.Inputs)
                diagnostics.Add(DiagnosticCatalogue.MissingType(source.At(input.Span), input.Text, "a network")
                    .WithHint($"A network declares its inputs in its body: input {input.Text}[N, 3, 32, 32]."));
        if (FindLateInput(module) is { } lateInput)
            diagnostics.Add(DiagnosticCatalogue.MissingType(source.At(lateInput.Span), lateInput.Text, "a block")
                .WithHint($"If '{lateInput.Text}' is an input, move it before '{module.Parameters[0].Name.Text}': inputs come first."));
        foreach (var parameter in module.Parameters)
            if (!parameter.HasType)
                diagnostics.Add(
                    DiagnosticCatalogue.UnknownType(source.At(parameter.Type.Span), parameter.TypeText)
                    .WithHint(HintForType(parameter.Type.Text)));
        if (FindLate(module) is var (late, optional))
            diagnostics.Add(DiagnosticCatalogue.LateParameter(source.At(late.Name.Span), late.Name.Text, optional.Name.Text)
                .WithHint($"Move '{late.Name.Text}' before '{optional.Name.Text}', or give it a default."));
    }

    /// <summary>What to write for a type that another language has, or that is misspelt, or null.</summary>
    private static string? HintForType(string type) => type switch
    {
        "Tensor" or "tensor" => $"Inputs have no type: remove ': {type}'.",
        "double" or "number" or "real" or "Double" or "Single" or "single" or "half" or "decimal" => "Did you mean 'float'?",
        "integer" or "long" or "short" or "uint" or "size" or "Int32" or "Int64" => "Did you mean 'int'?",
        "boolean" or "Boolean" or "flag" => "Did you mean 'bool'?",
        "List" or "list" or "Sequence" or "Array" or "array" or "tuple" or "Tuple" or "vector" => "A list of whole numbers is int[].",
        "policy" or "Policy" or "NormPolicy" or "Norm" => "Did you mean 'norm'?",
        "string" or "str" or "String" => "Words are no parameters: use a bool or an int, and an 'if'.",
        _ => Spelling.Nearest(type, Parameter.Types) is { } near && near != type ? $"Did you mean '{near}'?" : null,
    };

    /// <summary>Whether the sizes of an input are too few or too many.</summary>
    public static bool HasWrongRank(ShapeSyntax? shape) => shape is { Sizes.Count: < 2 or > InputsAndOutputs.MaxDimensions };

    /// <summary>Blocks inside each other: more is no network, and would exhaust the stack.</summary>
    private const int MaxNesting = 100;

    /// <summary>
    /// The declarations that contain themselves or too many others inside each other. Each cycle is reported once, where it
    /// is met first; of a nest that is too deep, the least part that is.
    /// </summary>
    public static HashSet<ModuleDeclaration> FindEndless(IEnumerable<FileScope> files, DiagnosticBag diagnostics)
    {
        var uses = new Dictionary<ModuleDeclaration, ModuleDeclaration[]>();
        var declarations = new List<DeclaredModule>();
        foreach (var file in files)
            foreach (var declared in file.Own.Values)
            {
                declarations.Add(declared);
                uses[declared.Declaration] = Callees(declared.Declaration).Where(file.Visible.ContainsKey)
                    .Select(name => file.Visible[name].Declaration).Distinct().ToArray();
            }
        var depth = Depths(uses);
        var endless = new HashSet<ModuleDeclaration>();
        foreach (var (declaration, source) in declarations)
        {
            var place = source.At(declaration.Name.Span);
            if (depth.TryGetValue(declaration, out var own))
            {
                if (own > MaxNesting)
                    endless.Add(declaration);
                if (own == MaxNesting + 1)
                    diagnostics.Add(DiagnosticCatalogue.DeepNest(place, declaration.Name.Text, MaxNesting));
            }
            else if (!endless.Contains(declaration) && PathBackTo(declaration, uses) is { } path)
            {
                endless.UnionWith(path);
                diagnostics.Add(DiagnosticCatalogue.Recursion(place, PathText(path)));
            }
        }
        return endless;
    }

    /// <summary>How deep each declaration nests others, for those that neither are nor use part of a cycle.</summary>
    private static Dictionary<ModuleDeclaration, int> Depths(Dictionary<ModuleDeclaration, ModuleDeclaration[]> uses)
    {
        var users = uses.SelectMany(pair => pair.Value.Select(used => (used, user: pair.Key)))
            .ToLookup(pair => pair.used, pair => pair.user);
        var waitsFor = uses.ToDictionary(pair => pair.Key, pair => pair.Value.Length);
        var depth = new Dictionary<ModuleDeclaration, int>();
        var ready = new Queue<ModuleDeclaration>(uses.Keys.Where(module => waitsFor[module] == 0));
        while (ready.Count > 0)
        {
            var module = ready.Dequeue();
            depth[module] = uses[module].Select(used => depth[used] + 1).DefaultIfEmpty(0).Max();
            foreach (var user in users[module])
                if (--waitsFor[user] == 0)
                    ready.Enqueue(user);
        }
        return depth;
    }

    private static string PathText(IReadOnlyList<ModuleDeclaration> path)
    {
        var names = path.Select(module => module.Name.Text).ToArray();
        return string.Join(" -> ", names.Length <= 8 ? names : [.. names.Take(4), "...", .. names.Skip(names.Length - 3)]);
    }

    private static IReadOnlyList<ModuleDeclaration>? PathBackTo(ModuleDeclaration start, Dictionary<ModuleDeclaration,
        ModuleDeclaration[]> uses)
    {
        var queue = new Queue<ModuleDeclaration>([start]);
        var from = new Dictionary<ModuleDeclaration, ModuleDeclaration>();
        while (queue.Count > 0)
        {
            var current = queue.Dequeue();
            foreach (var next in uses[current])
            {
                if (ReferenceEquals(next, start))
                {
                    var path = new List<ModuleDeclaration> { start };
                    for (var step = current; !ReferenceEquals(step, start); step = from[step])
                        path.Insert(0, step);
                    path.Insert(0, start);
                    return path;
                }
                if (!from.ContainsKey(next))
                {
                    from[next] = current;
                    queue.Enqueue(next);
                }
            }
        }
        return null;
    }

    /// <summary>The names of all that a declaration calls, its defaults included.</summary>
    private static IEnumerable<string> Callees(ModuleDeclaration declaration) =>
        Calls.In(declaration.Body).Concat(declaration.Parameters.SelectMany(parameter => Calls.In(parameter.Default)))
            .Select(call => call.Callee.Text);
}
