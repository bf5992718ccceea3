using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations.Contract;

/// <summary>
/// One operation of the language. Its file holds all that is known about it: its parameters, its shape rule, its moment rule,
/// what it costs, and as data how its module is made and what it computes. The checker and every printer ask this contract
/// and name no operation. The texts of its errors are in <see cref="Diagnostics.DiagnosticCatalogue"/>.
/// </summary>
internal abstract class Operation
{
    /// <summary>The name in .knnet files; of an operator, its sign.</summary>
    public abstract string Name { get; }

    /// <summary>One sentence for the reference and for generated documentation.</summary>
    public abstract string Summary { get; }

    /// <summary>A line that shows it, for the reference.</summary>
    public abstract string Example { get; }

    public virtual IReadOnlyList<OperationParameter> Parameters => [];

    /// <summary>How many values it takes: 0 for one that is a value itself, null for one or more.</summary>
    public virtual int? InputCount => 1;

    /// <summary>Whether it is written as an operator between values.</summary>
    public virtual bool IsOperator => false;

    /// <summary>What may be wrong where a number is given among its values, for a message.</summary>
    public virtual string? HintForNumber => null;

    // ---- shapes --------------------------------------------------------------------------------------------------

    /// <summary>The shape rule in words, for the reference.</summary>
    public abstract string ShapeRule { get; }

    /// <summary>The shape of the output; null where an error was reported.</summary>
    public abstract Shape? Infer(OperationCall call);

    /// <summary>
    /// For an operation that stands for a row of others, each giving a value of its own: those others; null where one was wrong.
    /// </summary>
    public virtual IReadOnlyList<OperationPart>? Expand(OperationCall call) => [];

    /// <summary>Whether it stands for a row of others; see <see cref="Expand"/>.</summary>
    public virtual bool IsRow => false;

    // ---- the statistic chain -------------------------------------------------------------------------------------

    /// <summary>The moment rule in words, for the reference; null where the operation has none and cuts the statistic chain.</summary>
    public abstract string? MomentRule { get; }

    /// <summary>Whether this use passes the state on; an operation with a rule may have none for some of its arguments.</summary>
    public virtual bool PassesState(OperationCall call) => MomentRule is not null;

    /// <summary>How the state passes, where <see cref="PassesState"/> says that it does; null where it stays as it is.</summary>
    public virtual MomentStep? Moments(OperationCall call) => null;

    /// <summary>What a normalization of the network's policy observes; null for every other operation.</summary>
    public virtual NormStage? Normalization(OperationCall call) => null;

    /// <summary>The parameter that takes the network's policy where the stage has no policy of its own; null for most.</summary>
    public virtual PolicyParameter? PolicyOfNetwork => null;

    /// <summary>Whether the output is a learned tensor where all inputs are: its dimensions are those of no sample.</summary>
    public virtual bool KeepsLearned => false;

    /// <summary>Which numbers the output has.</summary>
    public virtual OutputNumbers Numbers(OperationCall call) => OutputNumbers.Floating;

    /// <summary>Where the channels of the output are, as far as that is known.</summary>
    public virtual ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.Unknown;

    /// <summary>
    /// What to write where the channels are last, for a use that takes those of its first input from the second dimension; null where it
    /// does not.
    /// </summary>
    public virtual string? ForChannelsLast(OperationCall call) =>
        OutputChannels(call) == ChannelOrder.Second ? "Write permute before it, and after it to go back." : null;

    /// <summary>Which numbers its inputs must have: where they have others, torch certainly refuses them.</summary>
    public virtual InputNumbers Takes(OperationCall call) => InputNumbers.Any;

    // ---- what it does --------------------------------------------------------------------------------------------

    /// <summary>The class of its module, or null where it is a function without parameters.</summary>
    public virtual ModuleType? Module => null;

    /// <summary>How its module is made, where it has one.</summary>
    public virtual Construction? Construct(OperationCall call) => null;

    /// <summary>What it computes.</summary>
    public abstract Computation Compute(OperationCall call);

    /// <summary>Whether it is an activation that a normalization right before it can compute in its own pass over the value.</summary>
    public virtual bool FusesWithNorm { get; init; }

    /// <summary>Whether this use adds two values of one shape, which a normalization of either can do in its own pass.</summary>
    public virtual bool IsSum(OperationCall call) => false;

    /// <summary>Whether its output always has memory of its own, and never that of its input.</summary>
    public virtual bool OwnsOutput => false;

    /// <summary>Whether a normalization right after it can be folded into its weights, for an output of this shape.</summary>
    public virtual bool TakesFold(Shape output) => false;

    // ---- what it costs -------------------------------------------------------------------------------------------

    /// <summary>The number of its parameters.</summary>
    public virtual Size ParameterCount(OperationCall call) => Size.Zero;

    /// <summary>Multiply-accumulates for one sample.</summary>
    public virtual Size Macs(OperationCall call, Shape output) => Size.Zero;

    // ---- words for the data --------------------------------------------------------------------------------------

    protected static Operand Input(int index = 0) => index < FirstInputs.Length ? FirstInputs[index] : new InputOperand(index);

    /// <summary>Nearly all operations have at most two inputs.</summary>
    private static readonly Operand[] FirstInputs = [new InputOperand(0), new InputOperand(1)];

    /// <summary>All inputs of a call, in order.</summary>
    protected static IEnumerable<Operand> Inputs(OperationCall call) => call.Inputs.Select((_, i) => Input(i));

    protected static NamedOperand Named(string name, Operand value) => new(name, value);

    /// <summary>The module, applied to the first input.</summary>
    protected static Computation Apply() => Applied;

    private static readonly Computation Applied = new ModuleCall([Input()]);

    /// <summary>A function of PyTorch or of the runtime.</summary>
    protected static Computation Function(string name, params NamedOperand[] arguments) => new FunctionCall(name, arguments);

    /// <summary>A method of the first input.</summary>
    protected static Computation Method(string name, params NamedOperand[] arguments) => new MethodCall(Input(), name, arguments);

    /// <summary>The state of the first input passes a rule.</summary>
    protected static MomentStep Pass(string rule, params NamedOperand[] arguments) => new PassStep(0, rule, arguments);

    protected static Operand Sizes(IEnumerable<Size> sizes) => new SizesOperand(sizes.ToArray());
}

/// <summary>One of the operations that an operation stands for.</summary>
internal sealed record OperationPart(Operation Operation, Arguments Arguments);

/// <summary>What a normalization layer does in the statistic chain.</summary>
/// <param name="Policy">Its policy: the stage's own or the network's.</param>
/// <param name="StartsChain">Whether it begins a chain instead of taking the prior that reaches it.</param>
/// <param name="From">The label of the norm that alone gives its prior, where the stage names one.</param>
/// <param name="FromParameter">The parameter that names it.</param>
internal readonly record struct NormStage(PolicyValue Policy, bool StartsChain, string? From, OperationParameter FromParameter);

/// <summary>Which numbers an operation gives: only whole ones can be indices.</summary>
internal enum OutputNumbers
{
    /// <summary>Floating point, whatever its inputs have.</summary>
    Floating,

    /// <summary>Those of its inputs, moved or picked: whole where all of these are whole.</summary>
    OfInputs,

    /// <summary>It is not known.</summary>
    Any,
}

/// <summary>Where the channels of a value are.</summary>
internal enum ChannelOrder
{
    /// <summary>It is not known.</summary>
    Unknown,

    /// <summary>In the second dimension.</summary>
    Second,

    /// <summary>In the last dimension, as in tokens [N, L, C].</summary>
    Last,

    /// <summary>In the last dimension, unless the input is known to have them in the second: then the last one is a spatial one.</summary>
    LastUnlessSecond,

    /// <summary>Where the inputs have them.</summary>
    OfInputs,
}

/// <summary>Which numbers a value must have.</summary>
internal enum InputNumbers
{
    /// <summary>Any, or it is not known which.</summary>
    Any,

    /// <summary>Floating point.</summary>
    Floating,

    /// <summary>Whole numbers that torch takes as indices.</summary>
    Indices,
}
