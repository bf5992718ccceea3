using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Language.Plan;

namespace KnDsl.Generator.Planning;

/// <summary>
/// What is known of a class before it is written: the numbers that its constructor takes, the names of its members, what its
/// forward pass reads and what <c>fold()</c> does. It is made once for each module, since users of a block ask for it too.
/// </summary>
internal sealed class ClassPlan
{
    public ClassPlan(ModuleModel model, ClassPlans plans)
    {
        Model = model;
        Plans = plans;
        var blocks = model.Items.All().OfType<ConstructBlockItem>()
            .ToDictionary(block => block.Member, block => plans.TypeName(block.Use.Generic));
        NamesOfNumbers = [.. NumbersOf(model).Select(CSharpNames.Identifier)];
        Layout = new MemberLayout(model.Root, CSharpNames.Identifier(model.Name), member =>
            blocks.TryGetValue(member, out var type) ? type : CSharpNames.Type(member.Type!), NamesOfNumbers);
    }

    public ModuleModel Model { get; }

    public ClassPlans Plans { get; }

    /// <summary>The names of the constructor's parameters, sizes and loop variables.</summary>
    public HashSet<string> NamesOfNumbers { get; }

    public MemberLayout Layout { get; }

    /// <summary>What <c>fold()</c> does.</summary>
    public FoldPlan Folds => _folds ??= new FoldPlan(this);

    private FoldPlan? _folds;

    /// <summary>The numbers that the constructor takes.</summary>
    public ConstructorSizes Sizes => Model.ConstructorSizes;

    /// <summary>What the forward pass needs.</summary>
    public ForwardPlan Forward => _forward ??= new ForwardPlan(this);

    private ForwardPlan? _forward;

    private static IEnumerable<string> NumbersOf(ModuleModel model) =>
    [
        "norm", "device", "dtype",
        .. model.Declaration.Parameters.Select(parameter => parameter.Name.Text),
        .. model.Inputs.SelectMany(input => input.Shape.Sizes).SelectMany(size => size.Symbols()).Select(symbol => symbol.Name),
        .. model.Items.All().SelectMany(item => item.SizeVariables).Select(size => size.Variable.Name),
        .. model.Items.All().OfType<LoopItem>().Select(loop => loop.Variable.Name),
    ];
}
