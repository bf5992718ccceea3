using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Values;

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
        _blocks = model.Items.All().OfType<ConstructBlockItem>().ToDictionary(block => block.Member, block => block.Use.Generic);
        NamesOfNumbers = [.. NumbersOf(model).Select(CSharpNames.Number), .. ReservedNames.All];
        Layout = new MemberLayout(model.Root, CSharpNames.Class(model.Name), [.. _blocks.Values.Select(plans.TypeName)], member =>
            _blocks.TryGetValue(member, out var block) ? plans.TypeName(block) : plans.Types.Of(member.Type!), plans.Types, NamesOfNumbers);
        _names = new NamePool([.. Layout.Names, .. NamesOfNumbers, CSharpNames.Class(model.Name)]);
        OutputSizes = [.. Sizes.OfOutputs.Select(symbol =>
            (symbol, _names.Take(CSharpNames.Property(CSharpNames.Pascal(CSharpNames.Number(symbol))))))];
    }

    private readonly Dictionary<Member, ModuleModel> _blocks;
    private readonly NamePool _names;

    /// <summary>The sizes of outputs that only the constructor knows, each with its property.</summary>
    public IReadOnlyList<(Symbol Symbol, string Property)> OutputSizes { get; }

    /// <summary>The property of a block that tells a size.</summary>
    public string PropertyOf(BlockSize size) =>
        Plans[_blocks[size.Member]].OutputSizes.First(output => output.Symbol.Name == size.Property).Property;

    /// <summary>A name for a field that no member has, and no parameter or number of the constructor.</summary>
    public string TakeField(string wanted) => _names.Take(wanted);

    public ModuleModel Model { get; }

    public ClassPlans Plans { get; }

    /// <summary>The names of the constructor's parameters, sizes and loop variables.</summary>
    public HashSet<string> NamesOfNumbers { get; }

    public MemberLayout Layout { get; }

    /// <summary>Whether training may compute values of it again, or of a block in it.</summary>
    public bool Recomputes => _recomputes ??= RecomputeField is not null || _blocks.Values.Any(block => Plans[block].Recomputes);

    private bool? _recomputes;

    /// <summary>Whether it is a block that training may compute again as a whole: what a module of the user's does is not known.</summary>
    public bool RunsAgain => Model.Declaration.Kind == ModuleKind.Block && !HasForeign;

    private bool HasForeign => _hasForeign ??= _blocks.Values.Any(block => Plans[block].HasForeign)
        || Model.Items.All().OfType<ConstructOperationItem>().Any(layer => layer.Member.Type is { Library: ModuleLibrary.Extern });

    private bool? _hasForeign;

    /// <summary>The field that says what is computed again; null where nothing can be.</summary>
    public string? RecomputeField =>
        Forward.Recomputations.IsEmpty && !RunsAgain ? null : _recomputeField ??= TakeField("_recompute");

    private string? _recomputeField;

    /// <summary>What <c>fold()</c> does.</summary>
    public FoldPlan Folds => _folds ??= new FoldPlan(this);

    private FoldPlan? _folds;

    /// <summary>The numbers that the constructor takes.</summary>
    public ConstructorSizes Sizes => Model.ConstructorSizes;

    /// <summary>The dimension of an input that tells a number, or null; found once for each number.</summary>
    public SizeSource? SourceOf(Symbol symbol)
    {
        if (!_sources.TryGetValue(symbol, out var source))
            _sources[symbol] = source = SizeSource.Find(Model.Inputs, symbol);
        return source;
    }

    private readonly Dictionary<Symbol, SizeSource?> _sources = [];

    /// <summary>How large data must be, by the symbols of the inputs: see <see cref="Planning.LeastSizes"/>.</summary>
    public IReadOnlyDictionary<Symbol, long> LeastSizes => _leastSizes ??= Planning.LeastSizes.Of(this);

    private IReadOnlyDictionary<Symbol, long>? _leastSizes;

    /// <summary>What the forward pass demands of its inputs.</summary>
    public InputChecks Inputs => _inputs ??= new InputChecks(this);

    private InputChecks? _inputs;

    /// <summary>What the forward pass needs.</summary>
    public ForwardPlan Forward => _forward ??= new ForwardPlan(this);

    private ForwardPlan? _forward;

    private static IEnumerable<string> NumbersOf(ModuleModel model) =>
    [
        .. model.Declaration.Parameters.Select(parameter => parameter.Name.Text),
        .. model.Inputs.SelectMany(input => input.Shape.Sizes).SelectMany(size => size.Symbols()).Select(symbol => symbol.Name),
        .. model.Items.All().SelectMany(item => item.SizeVariables).Select(size => size.Variable.Name),
        .. model.Items.All().OfType<LoopItem>().Select(loop => loop.Variable.Name),
    ];
}
