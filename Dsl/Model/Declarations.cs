using System.Collections.Generic;
using System.Linq;
using KnDsl.Dsl.Diagnostics;
using KnDsl.Dsl.Layers;
using KnDsl.Dsl.Syntax;
using KnDsl.Dsl.Text;

namespace KnDsl.Dsl.Model;

/// <summary>Checks what declarations say of themselves, before any body is read: names, types, defaults, cycles.</summary>
internal static class Declarations
{
    /// <summary>The declarations by name; a name that is declared twice stands for its first declaration.</summary>
    public static Dictionary<string, DeclaredModule> Collect(KnnetFile file, DiagnosticBag diagnostics)
    {
        var all = new Dictionary<string, DeclaredModule>();
        foreach (var module in file.Modules)
        {
            var name = module.Name.Text;
            var place = file.Source.At(module.Name.Span);
            if (LayerCatalogue.Find(name) is not null || NormPolicies.Find(name) is not null)
                diagnostics.Add(DiagnosticCatalogue.ReservedName(place, name, "names an operation of the language")
                    .WithHint($"Networks and blocks start with a capital: {char.ToUpperInvariant(name[0])}{name.Substring(1)}."));
            if (all.TryGetValue(name, out var first))
                diagnostics.Add(DiagnosticCatalogue.DuplicateDeclaration(place, module.Kind == ModuleKind.Network ? "network" : "block", name,
                    file.Source.At(first.Declaration.Name.Span)));
            else
                all[name] = new DeclaredModule(module, file.Source);
            CheckNames(module, file.Source, diagnostics);
        }
        return all;
    }

    private static void CheckNames(ModuleDeclaration module, SourceText source, DiagnosticBag diagnostics)
    {
        var seen = new Dictionary<string, Name>();
        foreach (var name in module.Inputs.Concat(module.Parameters.Select(parameter => parameter.Name)))
        {
            if (seen.TryGetValue(name.Text, out var first))
                diagnostics.Add(DiagnosticCatalogue.DuplicateDeclaration(source.At(name.Span), "parameter", name.Text, source.At(first.Span)));
            else
                seen[name.Text] = name;
            if (name.Text is "device" or "dtype")
                diagnostics.Add(DiagnosticCatalogue.ReservedName(source.At(name.Span), name.Text, "is an argument of every generated constructor"));
            if (name.Text == "norm")
                diagnostics.Add(DiagnosticCatalogue.ReservedName(source.At(name.Span), name.Text, "is the stage and the network's policy")
                    .WithHint("Call the parameter 'policy' and write norm = policy."));
        }
        if (module is { Kind: ModuleKind.Block, Inputs.Count: 0, IsBroken: false })
            diagnostics.Add(DiagnosticCatalogue.NoInput(source.At(module.Name.Span), "block", module.Name.Text, "an input such as 'x' among its parameters"));
        if (module.Kind == ModuleKind.Network)
            foreach (var input in module.Inputs)
                diagnostics.Add(DiagnosticCatalogue.MissingType(source.At(input.Span), input.Text)
                    .WithHint($"A network declares its inputs in its body: input {input.Text}[N, 3, 32, 32]."));
        foreach (var parameter in module.Parameters)
            if (parameter.Type.Text is not ("int" or "float" or "bool" or "norm") || parameter is { IsList: true, Type.Text: not ("int" or "float") })
                diagnostics.Add(DiagnosticCatalogue.UnknownType(source.At(parameter.Type.Span), parameter.Type.Text + (parameter.IsList ? "[]" : ""))
                    .WithHint(Spelling.Nearest(parameter.Type.Text, ["int", "float", "bool", "norm"]) is { } near && near != parameter.Type.Text ? $"Did you mean '{near}'?" : null));
    }

    /// <summary>The names that statements set.</summary>
    public static IEnumerable<string> Targets(IReadOnlyList<Statement> body) => body.SelectMany(statement => statement switch
    {
        AssignStatement assign => assign.Targets.Select(target => target.Text),
        IfStatement branch => Targets(branch.Then).Concat(Targets(branch.Else)),
        ForStatement loop => Targets(loop.Body),
        _ => [],
    });

    /// <summary>The declarations that are part of a cycle; each cycle is reported once, where it is met first.</summary>
    public static HashSet<ModuleDeclaration> FindCycles(
        IReadOnlyDictionary<string, DeclaredModule> declarations, DiagnosticBag diagnostics)
    {
        var uses = declarations.Values.ToDictionary(pair => pair.Declaration, pair => Callees(pair.Declaration.Body)
            .Where(declarations.ContainsKey).Select(name => declarations[name].Declaration).Distinct().ToArray());
        var cyclic = new HashSet<ModuleDeclaration>();
        foreach (var pair in declarations.Values)
            if (PathBackTo(pair.Declaration, uses) is { } path)
            {
                if (!cyclic.Add(pair.Declaration))
                    continue;
                cyclic.UnionWith(path);
                diagnostics.Add(DiagnosticCatalogue.Recursion(pair.Source.At(pair.Declaration.Name.Span), string.Join(" -> ", path.Select(module => module.Name.Text))));
            }
        return cyclic;
    }

    private static IReadOnlyList<ModuleDeclaration>? PathBackTo(ModuleDeclaration start, Dictionary<ModuleDeclaration, ModuleDeclaration[]> uses)
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

    /// <summary>The names of all that a body calls.</summary>
    public static IEnumerable<string> Callees(IReadOnlyList<Statement> body) => body.SelectMany(statement => statement switch
    {
        AssignStatement assign => Callees(assign.Value),
        ReturnStatement result => result.Values.SelectMany(Callees),
        ModuleStatement module => [module.Call.Callee.Text],
        IfStatement branch => Callees(branch.Then).Concat(Callees(branch.Else)),
        ForStatement loop => Callees(loop.Body),
        _ => [],
    });

    private static IEnumerable<string> Callees(Expression expression) => expression switch
    {
        ChainExpression chain => Callees(chain.Source).Concat(chain.Stages.SelectMany(Callees)),
        CallExpression call => Callees(call.Call),
        OperatorExpression row => Callees(row.First).Concat(row.Rest.SelectMany(operand => Callees(operand.Right))),
        _ => [],
    };

    private static IEnumerable<string> Callees(Stage stage) => stage switch
    {
        CallStage call => Callees(call.Call),
        SequenceStage sequence => sequence.Items.SelectMany(item => Callees(item.Stage)),
        _ => [],
    };

    private static IEnumerable<string> Callees(Call call) =>
        call.Arguments.SelectMany(argument => Callees(argument.Value)).Prepend(call.Callee.Text);
}
