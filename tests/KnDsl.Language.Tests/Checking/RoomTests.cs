using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Checking;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;
using Xunit;

namespace KnDsl.Language.Tests;

/// <summary>The rooms of the checker that have a state of their own, each by itself.</summary>
public sealed class RoomTests
{
    private static readonly SourceText Source = new("a.knnet",
        "network Net(width: int = 4)\n{\n input x[N, 4, 8, 8]\n y = x -> conv(width, 3)\n output y[N, width, 8, 8]\n}\n");

    private static Place At(int position) => Source.At(new TextSpan(position, 1));

    private static readonly PolicyValue SomePolicy = new(new PolicyCall("batch", []), false, null, PolicyParameters.Affine);

    private static readonly PolicyValue OtherPolicy = new(new PolicyCall("kalman", []), true, null, PolicyParameters.Affine);

    private static readonly Member SomeMember = new(null, [], null, 0, At(0));

    private static Symbol Parameter(string name) => new(name, SymbolKind.Construction, false);

    private static TensorValue Tensor(ChainFact? fact = null, string name = "x") =>
        new(new Shape(Size.Of(new Symbol("N", SymbolKind.Data)), 4), fact ?? ChainFact.NotBegun, At(0), name);

    /// <summary>What the rooms of a network share, and where its findings go.</summary>
    private static (Subject Subject, Findings Findings, DiagnosticBag Bag) Subject(bool isGeneric)
    {
        var bag = new DiagnosticBag();
        var (graph, root) = FileGraph.Load(Source, OtherFiles.None, bag);
        var subject = new Subject(new ModelContext(graph, bag), root.Syntax.Modules[0], Source, isGeneric);
        return (subject, new Findings(subject, bag), bag);
    }

    // ---- paths ---------------------------------------------------------------------------------------------------------

    [Fact]
    public void A_branch_has_a_plan_a_scope_and_a_policy_of_its_own()
    {
        var path = new BodyPath(SomePolicy);
        path.Scope.Set("a", new SizeValue(1));
        var branch = path.Branch(At(0), true, []);
        branch.Scope.Set("a", new SizeValue(2));
        branch.Policy = new PolicyInForce(OtherPolicy, new TextSpan(0, 1));
        branch.Items.Add(new SharedModuleItem(SomeMember, At(0)));
        Assert.Equal("1", path.Scope.Find("a")!.Value.Describe());
        Assert.Same(SomePolicy, path.Policy.Value);
        Assert.True(path.Policy.IsAmbient);
        Assert.False(branch.Policy.IsAmbient);
        Assert.Empty(path.Items);
        Assert.Single(branch.ItemsOutwards());
    }

    [Fact]
    public void A_body_inside_shares_the_plan_and_the_names_but_not_the_policy()
    {
        var path = new BodyPath(SomePolicy);
        var inside = path.Inside();
        inside.Scope.Set("a", new SizeValue(2));
        inside.Policy = new PolicyInForce(OtherPolicy, new TextSpan(0, 1));
        inside.Items.Add(new SharedModuleItem(SomeMember, At(0)));
        Assert.NotNull(path.Scope.Find("a"));
        Assert.Single(path.Items);
        Assert.Same(SomePolicy, path.Policy.Value);
        // The list that both have is gone through once.
        Assert.Single(inside.ItemsOutwards());
    }

    [Fact]
    public void A_variable_of_a_turn_hides_a_name_and_is_gone_after_it()
    {
        var path = new BodyPath(SomePolicy);
        path.Scope.Set("i", new SizeValue(7));
        var turn = path.Inside(new LoopVariable("i", At(0), false), new SizeValue(0), 0);
        turn.Scope.Set("b", new SizeValue(1));
        Assert.Equal("0", turn.Scope.Find("i")!.Value.Describe());
        Assert.Equal([Size.Zero], turn.Turns);
        Assert.Equal("7", path.Scope.Find("i")!.Value.Describe());
        Assert.NotNull(path.Scope.Find("b"));
        // A fork from the turn has all of its names.
        Assert.Equal("0", turn.Branch(At(0), true, []).Scope.Find("i")!.Value.Describe());
    }

    [Fact]
    public void Facts_belong_to_the_path_and_meet_where_paths_join()
    {
        var (path, value) = (new BodyPath(SomePolicy), Tensor());
        var (then, otherwise) = (path.Branch(At(0), true, []), path.Branch(At(0), false, []));
        then.SetFact(value, ChainFact.FromNorm("a"));
        Assert.True(then.FactOf(value).HasState);
        Assert.False(otherwise.FactOf(value).HasState);
        Assert.False(path.FactOf(value).HasState);
        otherwise.SetFact(value, ChainFact.FromNorm("b"));
        path.Join(then, otherwise);
        Assert.Equal(["a", "b"], path.FactOf(value).Predecessors.Select(norm => norm.Norm));
        Assert.False(value.Chain.HasState);
    }

    [Fact]
    public void A_condition_is_assumed_in_its_branch_only()
    {
        var (path, symbol) = (new BodyPath(SomePolicy), Parameter("n"));
        var branch = path.Branch(At(0), true, [new SizeFact(symbol, 3)]);
        Assert.Equal(Size.Of(3), branch.Loop(new LoopFrame(Parameter("i"), 0, 2, 1)).Assumptions[symbol]);
        Assert.Empty(path.Assumptions);
    }

    // ---- requirements --------------------------------------------------------------------------------------------------

    [Theory]
    [InlineData(4, 4, true, true, 0, 0)]
    [InlineData(4, 5, true, false, 0, 1)]
    [InlineData(4, 5, false, false, 0, 1)]
    public void Known_sizes_are_compared_at_once(int left, int right, bool isGeneric, bool expected, int checks, int found)
    {
        var (subject, findings, bag) = Subject(isGeneric);
        var path = new BodyPath(SomePolicy);
        Assert.Equal(expected, new Requirements(subject, findings, () => [])
            .RequireEqual(path, left, right, () => DiagnosticCatalogue.DivisionByZero(At(0))));
        Assert.Equal(checks, path.Items.Count);
        Assert.Equal(found, bag.ToList().Count);
        Assert.Equal(found > 0, findings.HasFailed);
    }

    [Fact]
    public void Sizes_that_arguments_decide_are_checked_in_the_constructor()
    {
        var (subject, findings, _) = Subject(true);
        var path = new BodyPath(SomePolicy);
        Assert.True(new Requirements(subject, findings, () => [])
            .RequireEqual(path, Size.Of(Parameter("n")), 4, () => DiagnosticCatalogue.DivisionByZero(At(0))));
        Assert.IsType<SizesCheck>(Assert.Single(path.Items));
    }

    /// <summary>A number n and its halves against limits: none where it is certain, else a check.</summary>
    [Theory]
    [InlineData(3, 3, true, 0)]
    [InlineData(4, 3, false, 0)]
    public void Known_limits_are_held_at_once(int number, int limit, bool expected, int checks)
    {
        var (subject, findings, _) = Subject(true);
        var path = new BodyPath(SomePolicy);
        Assert.Equal(expected, new Requirements(subject, findings, () => [])
            .RequireAtMost(path, number, [limit - 1, limit], () => DiagnosticCatalogue.DivisionByZero(At(0))));
        Assert.Equal(checks, path.Items.Count);
    }

    [Fact]
    public void Limits_that_arguments_decide_are_checked_in_the_constructor()
    {
        var (subject, findings, _) = Subject(true);
        var (path, n) = (new BodyPath(SomePolicy), Size.Of(new Symbol("c", SymbolKind.Construction)));
        var requirements = new Requirements(subject, findings, () => []);
        bool Require(Size size, params Size[] limits) =>
            requirements.RequireAtMost(path, size, limits, () => DiagnosticCatalogue.DivisionByZero(At(0)));
        // A half is certainly no more than the whole, and what data decides is torch's to check.
        Assert.True(Require(Size.FloorDivide(n, 2), n));
        Assert.True(Require(Size.FloorDivide(n, 3) * 2, n));
        Assert.True(Require(Size.Of(new Symbol("h", SymbolKind.Data)), 4));
        Assert.Empty(path.Items);
        Assert.True(Require(n, 4, 6));
        Assert.True(Require(n, 4, 6));
        Assert.Equal("(c <= 4 or c <= 6)", Assert.IsType<LimitCheck>(Assert.Single(path.Items)).Condition.ToString());
    }

    [Theory]
    [InlineData(1, 4, true)]
    [InlineData(4, 1, true)]
    [InlineData(4, 4, true)]
    [InlineData(4, 5, false)]
    public void A_size_of_1_may_be_repeated(int left, int right, bool expected)
    {
        var (subject, findings, bag) = Subject(true);
        var path = new BodyPath(SomePolicy);
        Assert.Equal(expected, new Requirements(subject, findings, () => [])
            .Require(path, Relation.Repeatable, left, right, () => DiagnosticCatalogue.DivisionByZero(At(0))));
        Assert.Equal(expected ? 0 : 1, bag.ToList().Count);
        Assert.Empty(path.Items);
    }

    [Theory]
    [InlineData(true, 2, true, 1)]
    [InlineData(true, -1, true, 1)]
    [InlineData(false, 1, false, 0)]
    public void A_size_that_may_be_1_is_checked_in_the_constructor(bool isParameter, int offset, bool expected, int checks)
    {
        var (subject, findings, _) = Subject(true);
        var path = new BodyPath(SomePolicy);
        // A parameter may have any value; a size of an input and one more is at least 2.
        var size = isParameter ? Size.Of(Parameter("n")) + offset : Size.Of(new Symbol("h", SymbolKind.Construction)) + 4 + offset;
        Assert.Equal(expected, new Requirements(subject, findings, () => [])
            .Require(path, Relation.Repeatable, size, 4, () => DiagnosticCatalogue.DivisionByZero(At(0))));
        Assert.Equal(checks, path.Items.OfType<SizesCheck>().Count(check => check.Relation == Relation.Repeatable));
    }

    [Theory]
    [InlineData(false, 0, 1)]
    [InlineData(true, 0, 0)]
    [InlineData(true, -1, 1)]
    public void A_divisor_that_may_be_0_is_checked_in_the_constructor(bool isSize, int offset, int checks)
    {
        var (subject, findings, _) = Subject(true);
        var path = new BodyPath(SomePolicy);
        var divisor = Size.Of(new Symbol("n", SymbolKind.Construction, isSize)) + offset;
        new Requirements(subject, findings, () => []).RequireNotZero(path, divisor, () => DiagnosticCatalogue.DivisionByZero(At(0)));
        new Requirements(subject, findings, () => []).RequireNotZero(path, divisor, () => DiagnosticCatalogue.DivisionByZero(At(0)));
        Assert.Equal(checks, path.Items.Count);
    }

    [Fact]
    public void An_assumption_of_the_path_decides_a_requirement()
    {
        var (subject, findings, _) = Subject(true);
        var branch = new BodyPath(SomePolicy).Branch(At(0), true, [new SizeFact(Parameter("n"), 4)]);
        Assert.True(new Requirements(subject, findings, () => [])
            .RequireEqual(branch, Size.Of(Parameter("n")), 4, () => throw new InvalidOperationException()));
        Assert.Empty(branch.Items);
    }

    [Fact]
    public void A_minimum_is_checked_once_on_a_path()
    {
        var (subject, findings, _) = Subject(true);
        var (requirements, path, size) = (new Requirements(subject, findings, () => []), new BodyPath(SomePolicy), Size.Of(Parameter("n")));
        Diagnostic Wrong() => DiagnosticCatalogue.DivisionByZero(At(0));
        var (then, otherwise) = (path.Branch(At(0), true, []), path.Branch(At(0), false, []));
        requirements.RequireAtLeast(then, size, 1, Wrong);
        requirements.RequireAtLeast(otherwise, size, 1, Wrong);
        requirements.RequireAtLeast(path, size, 1, Wrong);
        requirements.RequireAtLeast(path.Branch(At(0), true, []), size, 1, Wrong);
        Assert.Equal([1, 1, 1], new[] { then, otherwise, path }.Select(one => one.Items.Count));
    }

    // ---- members -------------------------------------------------------------------------------------------------------

    private static MemberPath Label(params string[] names) =>
        new(names.Select(name => (IReadOnlyList<NamePart>)[new NamePart(name, null)]).ToArray());

    private static readonly ModuleType SomeModule = new(ModuleLibrary.Block, "Unit");

    [Fact]
    public void A_label_is_one_members_unless_they_never_exist_together()
    {
        var (subject, findings, bag) = Subject(true);
        var (members, path) = (new MemberTable(subject, findings), new BodyPath(SomePolicy));
        Assert.NotNull(members.Add(path.Branch(At(0), true, []), Label("a"), SomeModule, At(1)));
        Assert.NotNull(members.Add(path.Branch(At(0), false, []), Label("a"), SomeModule, At(2)));
        Assert.Empty(bag.ToList());
        Assert.Null(members.Add(path, Label("a"), SomeModule, At(3)));
        Assert.Equal("KN0110", Assert.Single(bag.ToList()).Code);
    }

    [Fact]
    public void Members_of_a_turn_that_is_checked_anew_are_forgotten()
    {
        var (subject, findings, bag) = Subject(true);
        var (members, path) = (new MemberTable(subject, findings), new BodyPath(SomePolicy));
        members.Add(path, Label("group", "a"), SomeModule, At(1));
        var mark = members.Mark();
        members.Add(path, Label("group", "b"), SomeModule, At(2));
        Assert.True(members.Contains("group.b"));
        members.Forget(mark);
        Assert.False(members.Contains("group.b"));
        Assert.True(members.Contains("group.a"));
        Assert.NotNull(members.Add(path, Label("group", "b"), SomeModule, At(2)));
        Assert.Empty(bag.ToList());
    }

    // ---- names ---------------------------------------------------------------------------------------------------------

    [Fact]
    public void Symbols_have_names_of_their_own()
    {
        var (subject, _, _) = Subject(true);
        var symbols = new SymbolTable(subject, () => [Tensor()]);
        var path = new BodyPath(SomePolicy);
        Assert.Equal(["n", "n2", "width2", "N2"], new[] { "n", "n", "width", "N" }.Select(name => symbols.New(name).Name));
        Assert.Equal("i", symbols.NameLoop(path, "i"));
        // Loops one after the other may share a name, one inside the other may not.
        Assert.Equal("i", symbols.NameLoop(path, "i"));
        Assert.Equal("i2", symbols.NameLoop(path.Loop(new LoopFrame(Parameter("i"), 0, 2, 0)), "i"));
        Assert.Equal("width3", symbols.NameLoop(path, "width"));
        Assert.Equal("i", symbols.NameRepetition(path));
    }

    [Fact]
    public void Names_that_are_never_read_are_reported_where_they_are_set()
    {
        var (subject, findings, bag) = Subject(true);
        var (names, path) = (new NameTable(subject, findings), new BodyPath(SomePolicy));
        names.Declare(path, new Name("used", new TextSpan(0, 1)), new SizeValue(1));
        names.Declare(path, new Name("idle", new TextSpan(4, 1)), new SizeValue(2));
        Assert.Equal("1", names.Lookup(path, "used", new TextSpan(8, 1)).Describe());
        names.ReportUnused();
        Assert.Equal("KN0111", Assert.Single(bag.ToList()).Code);
        Assert.False(findings.HasFailed);
    }

    // ---- values --------------------------------------------------------------------------------------------------------

    [Fact]
    public void Tensors_are_one_by_identity_and_numbers_by_what_they_say()
    {
        var (one, other) = (Tensor(), Tensor());
        Assert.True(ValueIdentity.AreSame(new ListValue([one, new SizeValue(1)]), new ListValue([one, new SizeValue(1)])));
        Assert.False(ValueIdentity.AreSame(new ListValue([one]), new ListValue([other])));
        Assert.True(ValueIdentity.AreSame(new FloatValue(0.5), new FloatValue(0.5)));
        Assert.Equal([one, other], ValueIdentity.TensorsIn(new ListValue([one, new ListValue([other])])));
    }

    [Fact]
    public void Too_many_stages_end_the_check()
    {
        var budget = new StageBudget();
        budget.AddStages(ModelContext.MaxStages);
        Assert.Throws<TooLargeException>(() => budget.AddStages(1));
    }

    // ---- the plan ------------------------------------------------------------------------------------------------------

    [Fact]
    public void A_walk_over_a_plan_goes_into_branches_and_loops()
    {
        var items = Enumerable.Range(0, 4).Select(i => new SharedModuleItem(SomeMember, At(i))).ToArray();
        List<PlanItem> then = [items[1]], otherwise = [], body = [items[2]];
        var merged = new Merge(Tensor(name: "y"), Tensor(name: "a"), Tensor(name: "b"));
        var branch = new IfItem(Condition.True, then, otherwise, [merged], [], At(5));
        var loop = new LoopItem(Parameter("i"), 0, 2, body, [], [new SizeCarried(Parameter("n"), 1, 2)], At(6));
        List<PlanItem> plan = [items[0], branch, loop, items[3]];
        then.Add(new LoopItem(Parameter("j"), 0, 2, [], [], [], At(7)));
        Assert.Equal([items[0], branch, items[1], then[1], loop, items[2], items[3]], plan.All());
        Assert.Equal(5, plan.Rows().Count());
        Assert.Same(plan, plan.Rows().First());
        Assert.Equal([merged.Then, merged.Else], branch.Reads);
        Assert.Equal([merged.Variable], branch.Makes);
        Assert.Equal("n", Assert.Single(loop.SizeVariables).Variable.Name);
    }
}
