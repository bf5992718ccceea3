using KnDsl.Language.Diagnostics;

namespace KnDsl.Language.Checking;

/// <summary>
/// The rooms of the checker of one module: each has a task and a state of its own, and asks the others here. What belongs to
/// a way through the body is none of theirs: a <see cref="BodyPath"/> has it, and goes from call to call.
/// </summary>
internal sealed class Rooms
{
    public Rooms(Subject subject, DiagnosticBag bag)
    {
        Subject = subject;
        Findings = new Findings(subject, bag);
        Budget = new StageBudget();
        Names = new NameTable(subject, Findings);
        Symbols = new SymbolTable(subject, () => InputsAndOutputs!.Inputs);
        Requirements = new Requirements(subject, Findings, () => InputsAndOutputs!.Inputs);
        Members = new MemberTable(subject, Findings);
        Chains = new ChainTracker(subject, Findings, Members);
        Labels = new LabelNames(this);
        Expressions = new ExpressionEvaluator(this);
        Operators = new OperatorEvaluator(this);
        Policies = new PolicyEvaluator(this);
        Arguments = new ArgumentEvaluator(this);
        Binder = new CallBinder(this);
        Operations = new OperationCaller(this);
        Blocks = new BlockCaller(this);
        Shared = new SharedModules(this);
        Pipes = new PipeChecker(this);
        Sequences = new SequenceChecker(this);
        NormsAhead = new NormsAhead(this);
        Branches = new BranchChecker(this);
        Loops = new LoopChecker(this);
        InputsAndOutputs = new InputsAndOutputs(this);
        Statements = new StatementChecker(this);
    }

    public Subject Subject { get; }

    /// <summary>What is wrong.</summary>
    public Findings Findings { get; }

    /// <summary>How large the module is.</summary>
    public StageBudget Budget { get; }

    /// <summary>What names stand for, and which are used.</summary>
    public NameTable Names { get; }

    /// <summary>Names for sizes that the module computes.</summary>
    public SymbolTable Symbols { get; }

    /// <summary>What sizes must be.</summary>
    public Requirements Requirements { get; }

    /// <summary>The modules inside.</summary>
    public MemberTable Members { get; }

    /// <summary>The statistic chain.</summary>
    public ChainTracker Chains { get; }

    /// <summary>The names of modules: labels, and those that are made where there is none.</summary>
    public LabelNames Labels { get; }

    public ExpressionEvaluator Expressions { get; }

    public OperatorEvaluator Operators { get; }

    public PolicyEvaluator Policies { get; }

    public ArgumentEvaluator Arguments { get; }

    /// <summary>Which parameter each argument is for.</summary>
    public CallBinder Binder { get; }

    public OperationCaller Operations { get; }

    public BlockCaller Blocks { get; }

    public SharedModules Shared { get; }

    /// <summary>Pipes and their stages.</summary>
    public PipeChecker Pipes { get; }

    /// <summary>Sequences in brackets, and their repetitions.</summary>
    public SequenceChecker Sequences { get; }

    /// <summary>Where a norm comes next.</summary>
    public NormsAhead NormsAhead { get; }

    public BranchChecker Branches { get; }

    public LoopChecker Loops { get; }

    public InputsAndOutputs InputsAndOutputs { get; }

    public StatementChecker Statements { get; }
}
