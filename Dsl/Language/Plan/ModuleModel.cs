using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>An output with the name it is given back under.</summary>
internal sealed record ModuleOutput(string Name, TensorValue Value)
{
    /// <summary>What is known of its state at the end of the module, when all norms have observed what they observe.</summary>
    public ChainFact Chain { get; init; } = ChainFact.NotBegun;
}

/// <summary>
/// What a network or block does: its plan, either for any arguments (generic: conditions and loops are kept; the generator
/// writes code from it) or for certain ones (everything decided and unrolled; checks and documentation read it).
/// </summary>
internal sealed class ModuleModel(
    ModuleDeclaration declaration, SourceText source, IReadOnlyList<TensorValue> inputs,
    IReadOnlyList<ModuleOutput> outputs,
    IReadOnlyList<PlanItem> items, Member root, bool usesNorm, int stageCount, bool isComplete)
{
    public ModuleDeclaration Declaration => declaration;

    public string Name => declaration.Name.Text;

    public SourceText Source => source;

    public IReadOnlyList<TensorValue> Inputs => inputs;

    /// <summary>What it says of each input.</summary>
    public IReadOnlyList<DeclaredInput> DeclaredInputs { get; init; } = [];

    public IReadOnlyList<ModuleOutput> Outputs => outputs;

    /// <summary>Sizes of outputs that the forward pass holds against what is declared.</summary>
    public IReadOnlyList<OpenOutputSize> OpenSizes { get; init; } = [];

    public IReadOnlyList<PlanItem> Items => items;

    /// <summary>Holds the members.</summary>
    public Member Root => root;

    /// <summary>Whether a norm in it takes the policy of the module that uses it.</summary>
    public bool UsesNorm => usesNorm;

    /// <summary>Stages, those of blocks inside counted.</summary>
    public int StageCount => stageCount;

    /// <summary>Whether nothing was wrong with it: only then code is made of it.</summary>
    public bool IsComplete => isComplete;

    /// <summary>What was wrong first, where something was.</summary>
    public Diagnostics.Diagnostic? FirstError { get; init; }

    /// <summary>The namespace that its file declares, or null for the project's.</summary>
    public string? Namespace { get; init; }

    /// <summary>What its constructor asks for.</summary>
    public ConstructorSizes ConstructorSizes => _constructorSizes ??= new ConstructorSizes(this);

    private ConstructorSizes? _constructorSizes;

    /// <summary>Which numbers its inputs must have.</summary>
    public IReadOnlyList<InputNumbers> NumbersOfInputs => _numbersOfInputs ??= Plan.NumbersOfInputs.Of(this);

    private IReadOnlyList<InputNumbers>? _numbersOfInputs;

    /// <summary>The if, loop or block that sets a size, or null where none does.</summary>
    public PlanItem? SetterOf(Symbol symbol)
    {
        if (_setters is null)
        {
            _setters = [];
            foreach (var item in Items.All())
                foreach (var (variable, _, _) in item.SizeVariables)
                    _setters[variable] = item;
        }
        return _setters.TryGetValue(symbol, out var setter) ? setter : null;
    }

    private Dictionary<Symbol, PlanItem>? _setters;

    /// <summary>
    /// Whether what it gives depends on the states that come in, apart from the states that it gives: a norm in it, or in a
    /// block of it, has a chain.
    /// </summary>
    public bool ObservesStates => _observesStates ??= Items.All().Any(item => item switch
    {
        ApplyOperationItem { Call.Operation.PolicyOfNetwork: not null } norm =>
            norm.Call.Operation.Normalization(norm.Call)!.Value.Policy.HasChain,
        ApplyBlockItem block => block.Use.Generic.ObservesStates,
        _ => false,
    });

    private bool? _observesStates;

    /// <summary>Whether it takes states and gives them.</summary>
    public bool HasChainForward => Outputs.Any(output => output.Chain.HasState) || ObservesStates;

    /// <summary>The defaults of the parameters that have one.</summary>
    public IReadOnlyDictionary<string, Value> Defaults { get; init; } = new Dictionary<string, Value>();

    /// <summary>The values that norms, or blocks that hold norms, observe: they have states from then on.</summary>
    public ISet<TensorValue> Observed { get; init; } = new HashSet<TensorValue>();

    /// <summary>Whether a value ever has a state: one that never has one is null in the generated code.</summary>
    public bool CanHaveState(TensorValue value) => value.Chain.HasState || Observed.Contains(value);

    /// <summary>For each input whether a norm in it observes that input, and so sharpens its state for the caller.</summary>
    public IReadOnlyList<ChainFact> InputChains { get; init; } = [];
}
