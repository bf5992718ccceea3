using System.Collections.Generic;
using System.Linq;
using KnDsl.Dsl.Model;
using KnDsl.Dsl.Syntax;

namespace KnDsl.Generator.Emission;

/// <summary>
/// What the code of a module needs to know before it is written: which sizes of its inputs its constructor takes, which
/// of its locals are used at all, and what its members are called. Made once a plan, since whoever uses a block asks too.
/// </summary>
internal sealed class ModuleCode
{
    private readonly HashSet<Symbol> _needed = [];

    private ModuleCode(ModuleModel model, ModuleCodeCache cache)
    {
        Model = model;
        Cache = cache;
        var blocks = new Dictionary<Member, string>();
        FindBlocks(model.Items, blocks);
        Layout = new MemberLayout(model.Root, CSharpNames.Identifier(model.Name), member => blocks.TryGetValue(member, out var type) ? type : member.Type!);
        var recorder = new CodeContext(symbol =>
        {
            _needed.Add(symbol);
            return symbol.Name;
        });
        Visit(model.Items, recorder);
        int before;
        do
        {
            before = _needed.Count;
            VisitSizes(model.Items, recorder);
        } while (_needed.Count > before);
    }

    public ModuleModel Model { get; }

    public ModuleCodeCache Cache { get; }

    public MemberLayout Layout { get; }

    /// <summary>What <c>fold()</c> does, found when it is first asked for.</summary>
    public FoldPlan Folds => _folds ??= new FoldPlan(this);

    private FoldPlan? _folds;

    /// <summary>Whether a local or a size of an input is used by anything that is constructed.</summary>
    public bool Needs(Symbol symbol) => _needed.Contains(symbol);

    /// <summary>Sizes of inputs that the constructor takes, in order.</summary>
    public IEnumerable<(int Input, int Axis, Symbol Symbol)> RequiredSizes
    {
        get
        {
            if (Model.Declaration.Kind == ModuleKind.Network)
                yield break;
            for (var i = 0; i < Model.Inputs.Count; i++)
                for (var axis = 0; axis < Model.Inputs[i].Shape.Rank; axis++)
                    foreach (var symbol in Model.Inputs[i].Shape[axis].Symbols())
                        if (Needs(symbol))
                            yield return (i, axis, symbol);
        }
    }

    /// <summary>Sizes of outputs that only the constructor knows: public properties for whoever uses the block.</summary>
    public IEnumerable<Symbol> ComputedSizes =>
        Model.Outputs.SelectMany(output => output.Value.Shape.Sizes).SelectMany(size => size.Symbols())
            .Where(symbol => symbol.Member is null && IsLocal(symbol) && _properties.Contains(symbol)).Distinct();

    private readonly HashSet<Symbol> _properties = [];

    /// <summary>Whether a symbol is neither a parameter nor a size of an input.</summary>
    private bool IsLocal(Symbol symbol) =>
        symbol.Kind == SymbolKind.Construction && symbol.Code is null
        && !Model.Declaration.Parameters.Any(parameter => parameter.Name.Text == symbol.Name)
        && !Model.Inputs.Any(input => input.Shape.Sizes.Any(size => size.Symbols().Contains(symbol)));

    /// <summary>Whether a check can be made: it must not ask for sizes that nothing else asks for.</summary>
    public bool CanCheck(CheckItem check) => check.Left.Symbols().Concat(check.Right.Symbols()).All(symbol =>
        symbol.Code is null && symbol.Member is null && (Needs(symbol) || Model.Declaration.Parameters.Any(parameter => parameter.Name.Text == symbol.Name)));

    public static ModuleCode Create(ModuleModel model, ModuleCodeCache cache) => new(model, cache);

    private void FindBlocks(IReadOnlyList<PlanItem> items, Dictionary<Member, string> types)
    {
        foreach (var item in items)
            switch (item)
            {
                case ConstructBlockItem block:
                    types[block.Member] = Cache.TypeName(block.Use.Generic);
                    break;
                case IfItem branch:
                    FindBlocks(branch.Then, types);
                    FindBlocks(branch.Else, types);
                    break;
                case LoopItem loop:
                    FindBlocks(loop.Body, types);
                    break;
            }
    }

    private void Visit(IReadOnlyList<PlanItem> items, CodeContext recorder)
    {
        // Sizes of outputs are properties: their locals are kept.
        if (ReferenceEquals(items, Model.Items))
            foreach (var symbol in Model.Outputs.SelectMany(output => output.Value.Shape.Sizes).SelectMany(size => size.Symbols()))
                if (IsLocal(symbol) && symbol.Member is null && IsChannelSize(symbol))
                {
                    _needed.Add(symbol);
                    _properties.Add(symbol);
                }
        foreach (var item in items)
            switch (item)
            {
                case GroupItem group:
                    VisitName(group.Group, recorder);
                    break;
                case ConstructLayerItem layer:
                    VisitName(layer.Member, recorder);
                    layer.Call.Layer.Construct(layer.Call, recorder);
                    break;
                case ConstructBlockItem block:
                    VisitName(block.Member, recorder);
                    _ = Cache.Arguments(block.Use, recorder, "");
                    break;
                case IfItem branch:
                    branch.Condition.Code(recorder);
                    Visit(branch.Then, recorder);
                    Visit(branch.Else, recorder);
                    break;
                case LoopItem loop:
                    recorder.Of(loop.From);
                    recorder.Of(loop.To);
                    Visit(loop.Body, recorder);
                    break;
            }
    }

    /// <summary>The name under which a member is registered may count what came before.</summary>
    private void VisitName(Member member, CodeContext recorder)
    {
        if (Layout[member].IsNamedLate)
            foreach (var part in member.Name.Where(part => part.Count is not null))
                recorder.Of(part.Count!);
    }

    /// <summary>Whether a size is one that modules are built with: channels, or features.</summary>
    private bool IsChannelSize(Symbol symbol) => Model.Outputs.Any(output => output.Value.Shape.Rank > 1 && output.Value.Shape.Channels.Symbols().Contains(symbol));

    private void VisitSizes(IReadOnlyList<PlanItem> items, CodeContext recorder)
    {
        foreach (var item in items)
            switch (item)
            {
                case IfItem branch:
                    foreach (var size in branch.Sizes.Where(size => Needs(size.Variable)))
                    {
                        recorder.Of(size.Then);
                        recorder.Of(size.Else);
                    }
                    VisitSizes(branch.Then, recorder);
                    VisitSizes(branch.Else, recorder);
                    break;
                case LoopItem loop:
                    foreach (var size in loop.Sizes.Where(size => Needs(size.Variable)))
                    {
                        recorder.Of(size.Before);
                        recorder.Of(size.Next);
                    }
                    VisitSizes(loop.Body, recorder);
                    break;
            }
    }
}

/// <summary>The code facts of all modules that a file's code refers to.</summary>
/// <param name="currentNamespace">The namespace of the code that is written.</param>
/// <param name="rootNamespace">The project's, where a file declares none.</param>
internal sealed class ModuleCodeCache(string currentNamespace, string rootNamespace)
{
    /// <summary>The class of a block: its name alone in its own namespace.</summary>
    public string TypeName(ModuleModel model)
    {
        var name = CSharpNames.Identifier(model.Name);
        var space = model.Namespace ?? rootNamespace;
        return space == currentNamespace || space.Length == 0 ? name : $"global::{string.Join(".", space.Split('.').Select(CSharpNames.Identifier))}.{name}";
    }

    private readonly Dictionary<ModuleModel, ModuleCode> _codes = [];

    public ModuleCode For(ModuleModel model)
    {
        if (!_codes.TryGetValue(model, out var code))
            _codes[model] = code = ModuleCode.Create(model, this);
        return code;
    }

    /// <summary>The arguments of a block's constructor: sizes of its inputs, its parameters, its policy, device and dtype.</summary>
    public string Arguments(BlockUse use, CodeContext code, string policy)
    {
        var callee = For(use.Generic);
        var arguments = callee.RequiredSizes.Select(size => $"{CSharpNames.Identifier(size.Symbol.Name)}: {code.Of(use.Inputs[size.Input][size.Axis])}").ToList();
        foreach (var parameter in use.Declaration.Parameters)
            if (use.Given.Contains(parameter.Name.Text) && use.Arguments.TryGetValue(parameter.Name.Text, out var value))
                arguments.Add($"{CSharpNames.Identifier(parameter.Name.Text)}: {Argument(value, code)}");
        if (use.Generic.UsesNorm)
            arguments.Add($"norm: {use.Policy.Code(code)}");
        arguments.Add("device: device, dtype: dtype");
        return string.Join(", ", arguments);
    }

    private static string Argument(Value value, CodeContext code) => value switch
    {
        SizeValue size => code.Of(size.Size),
        FloatValue number => number.Code(code),
        BoolValue flag => flag.Code(code),
        PolicyValue policy => policy.Code(code),
        ListValue list => $"[{string.Join(", ", list.Items.Select(item => Argument(item, code)))}]",
        ListParameterValue list => CSharpNames.Identifier(list.Name),
        _ => "default",
    };
}
