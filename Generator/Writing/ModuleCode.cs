using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Planning;
using KnDsl.Language.Plan;

namespace KnDsl.Generator.Writing;

/// <summary>
/// What the code of a module needs to know before it is written: which numbers its constructor asks for, and what its
/// members are called. Made once a plan, since whoever uses a block asks too.
/// </summary>
internal sealed class ModuleCode
{
    private ModuleCode(ModuleModel model, ModuleCodeCache cache)
    {
        Model = model;
        Cache = cache;
        var blocks = new Dictionary<Member, string>();
        FindBlocks(model.Items, blocks);
        NamesOfNumbers = [.. NumbersOf(model).Select(CSharpNames.Identifier)];
        Layout = new MemberLayout(model.Root, CSharpNames.Identifier(model.Name), member =>
            blocks.TryGetValue(member, out var type) ? type : CSharpNames.Type(member.Type!), NamesOfNumbers);
    }

    public ModuleModel Model { get; }

    public ModuleCodeCache Cache { get; }

    /// <summary>What the constructor calls its parameters, sizes and loop variables.</summary>
    public HashSet<string> NamesOfNumbers { get; }

    public MemberLayout Layout { get; }

    /// <summary>What <c>fold()</c> does, found when it is first asked for.</summary>
    public FoldPlan Folds => _folds ??= new FoldPlan(this);

    private FoldPlan? _folds;

    /// <summary>What the constructor asks for.</summary>
    public ConstructorSizes Sizes => Model.ConstructorSizes;

    public static ModuleCode Create(ModuleModel model, ModuleCodeCache cache) => new(model, cache);

    private static IEnumerable<string> NumbersOf(ModuleModel model) =>
    [
        "norm", "device", "dtype",
        .. model.Declaration.Parameters.Select(parameter => parameter.Name.Text),
        .. model.Inputs.SelectMany(input => input.Shape.Sizes).SelectMany(size => size.Symbols()).Select(symbol => symbol.Name),
        .. NumbersOf(model.Items),
    ];

    private static IEnumerable<string> NumbersOf(IReadOnlyList<PlanItem> items) => items.SelectMany(item => item switch
    {
        IfItem branch => [.. branch.Sizes.Select(size => size.Variable.Name), .. NumbersOf(branch.Then), .. NumbersOf(branch.Else)],
        LoopItem loop => [loop.Variable.Name, .. loop.Sizes.Select(size => size.Variable.Name), .. NumbersOf(loop.Body)],
        _ => (IEnumerable<string>)[],
    });

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
        return space == currentNamespace || space.Length == 0 ? name
            : $"global::{string.Join(".", space.Split('.').Select(CSharpNames.Identifier))}.{name}";
    }

    private readonly Dictionary<ModuleModel, ModuleCode> _codes = [];

    public ModuleCode For(ModuleModel model)
    {
        if (!_codes.TryGetValue(model, out var code))
            _codes[model] = code = ModuleCode.Create(model, this);
        return code;
    }

    /// <summary>The arguments of a block's constructor: sizes of its inputs, its parameters, its policy, device and dtype.</summary>
    public string Arguments(BlockUse use, CSharpPrinter code, string policy)
    {
        var callee = For(use.Generic);
        var arguments = callee.Sizes.OfInputs.Select(size =>
            $"{CSharpNames.Identifier(size.Symbol.Name)}: {code.Of(use.Inputs[size.Input][size.Axis])}").ToList();
        foreach (var parameter in use.Declaration.Parameters)
            if (use.Given.Contains(parameter.Name.Text) && use.Arguments.TryGetValue(parameter.Name.Text, out var value))
                arguments.Add($"{CSharpNames.Identifier(parameter.Name.Text)}: {code.Of(value)}");
        if (use.Generic.UsesNorm)
            arguments.Add($"norm: {code.Of(use.Policy)}");
        arguments.Add("device: device, dtype: dtype");
        return string.Join(", ", arguments);
    }
}
