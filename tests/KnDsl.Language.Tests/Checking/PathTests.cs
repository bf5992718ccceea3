using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Checking;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations;
using KnDsl.Language.Plan;
using KnDsl.Language.Text;
using Xunit;

namespace KnDsl.Language.Tests;

/// <summary>What belongs to a way through a body: the policy, the facts of the statistic chain and the plan around.</summary>
public sealed class PathTests
{
    private const string Parameters = "wide: bool = true, turns: int = 2, policy: norm = kalman()";

    private static CheckedModule Network(string body, string parameters = Parameters, string blocks = "")
    {
        var file = CheckedFile.Check(
            new SourceText("a.knnet", $"network Net({parameters})\n{{\n input x[N, 4, 8, 8]\n{body}\n output z[N, 4, 8, 8]\n}}\n{blocks}"));
        Assert.Empty(file.Diagnostics.Where(found => found.Severity == Severity.Error)
            .Select(found => $"{found.Place} {found.Code} {found.Text}"));
        return file.Modules.First();
    }

    private static IEnumerable<ApplyOperationItem> Norms(IReadOnlyList<PlanItem> items) =>
        items.All().OfType<ApplyOperationItem>().Where(item => item.Call.Operation is Norm);

    private static string Prior(ApplyOperationItem norm) => norm.Prior!.HasState
        ? string.Join("; ", norm.Prior.Predecessors)
        : norm.Prior.Kind.ToString();

    private static string GenericPriors(string body) =>
        string.Join(" | ", Norms(Network(body).Generic.Items).Select(norm => $"{norm.Member!.Path}: {Prior(norm)}"));

    [Fact]
    public void A_norm_of_one_branch_is_no_prior_of_the_other() => Assert.Equal(
        "a: NotBegun | b: NotBegun", GenericPriors("""
        if wide { z = x -> a: norm } else { z = x -> b: norm }
        """));

    [Fact]
    public void After_an_if_a_value_has_the_state_of_either_branch() => Assert.Equal(
        "a: NotBegun | b: NotBegun | last: a; b", GenericPriors("""
        if wide { y = x -> a: norm } else { y = x -> b: norm }
        z = y + (x -> last: norm)
        """));

    [Fact]
    public void A_norm_of_a_stage_with_a_condition_is_a_prior_of_what_follows() => Assert.Equal(
        "a: NotBegun | last: a", GenericPriors("""
        y = x -> a: norm if wide
        z = y + (x -> last: norm)
        """));

    [Fact]
    public void The_next_turn_of_a_loop_reads_the_posterior_of_the_one_before() => Assert.Equal(
        "first: NotBegun | n{i}: n{i} | last: n{i}", GenericPriors("""
        z = x -> conv(4, 3) -> first: norm(chain: start)
        y = x -> conv(4, 3)
        for i in 0..turns { z = z + (y -> n{i}: norm) }
        z = z + (y -> last: norm)
        """));

    [Fact]
    public void A_branch_of_a_loop_leaves_the_other_the_state_of_the_turn_before() => Assert.Equal(
        "a{i}: a{i}; b{i} | b{i}: a{i}; b{i}", GenericPriors("""
        z = x
        y = x -> conv(4, 3)
        for i in 0..turns { if i < 1 { z = z + (y -> a{i}: norm) } else { z = z + (y -> b{i}: norm) } }
        """));

    [Theory]
    [InlineData("if wide { norm = batch()\n y = x -> a: norm } else { y = x }\n z = y -> last: norm",
        "a: batch() | last: group(groups: 2)")]
    [InlineData("if true { norm = batch()\n y = x -> a: norm } else { y = x }\n z = y -> last: norm",
        "a: batch() | last: group(groups: 2)")]
    [InlineData("z = x\n for i in 0..turns { z = z -> a{i}: norm\n norm = batch()\n z = z -> b{i}: norm }\n z = z -> last: norm",
        "a{i}: group(groups: 2) | b{i}: batch() | last: group(groups: 2)")]
    public void A_policy_ends_with_the_branch_or_the_turn_that_sets_it(string body, string expected)
    {
        var network = Network("norm = group(2)\n" + body, "wide: bool = true, turns: int = 1");
        Assert.Equal(expected, Policies(network.Generic));
        // At the defaults ifs are decided and loops unrolled: that makes no difference to it.
        Assert.Equal(expected.Replace("{i}", "0"), Policies(network.AtDefaults!));
    }

    private static string Policies(ModuleModel model) =>
        string.Join(" | ", Norms(model.Items)
            .Select(norm => $"{norm.Member!.Path}: {norm.Call.Operation.Normalization(norm.Call)!.Value.Policy.Policy}"));

    [Fact]
    public void A_named_prior_is_found_in_all_that_was_planned_before() => Assert.Equal(
        "first: NotBegun | a: first (relu) | b{i}: first (relu, relu) | last: a; first (relu)", GenericPriors("""
        x1 = x -> first: norm -> relu
        if wide { z = x1 -> a: norm(from: first) } else { z = x1 }
        for i in 0..turns { y = x1 -> relu -> b{i}: norm(from: first) }
        z = z -> last: norm
        """));

    [Fact]
    public void A_shared_module_is_what_its_declaration_says()
    {
        var network = Network("""
            norm = batch()
            n = 4
            module mix = conv(n, 3)
            module same = norm
            module unit = Unit(n)
            norm = group(2)
            n = 8
            y = x -> mix -> same -> unit
            n = 16
            z = y -> mix -> same -> unit -> norm
            """, "", "block Unit(x, width: int)\n{\n return x -> conv(width, 3) -> norm\n}\n");
        Assert.Equal("same: batch() | same: batch() | norm: group(groups: 2)", Policies(network.AtDefaults!));
        Assert.Equal(["batch()", "batch()"], network.AtDefaults!.Items.OfType<ApplyBlockItem>()
            .Select(block => block.Use.Policy.Policy.ToString()));
    }

    [Fact]
    public void A_shared_module_that_nothing_applies_is_no_member()
    {
        var network = Network("""
            module idle = group.inner.idle: conv(4, 3)
            module other = group.other: conv(4, 3)
            z = x -> other
            """).Generic;
        Assert.Equal(["group.other"], Made(network.Items).Where(made => made != "group"));
        Assert.Equal(["other"], Assert.Single(network.Root.Children).Children.Select(child => child.NameText));
    }

    [Fact]
    public void Equal_lists_of_both_branches_are_one() => Network("""
        if wide { widths = [4, turns] } else { widths = [4, turns] }
        z = x -> conv(widths[0], 3)
        """);

    private static string[] Made(IReadOnlyList<PlanItem> items) => [.. items.Select(item => item switch
    {
        ConstructOperationItem operation => operation.Member.Path,
        ConstructBlockItem block => block.Member.Path,
        IfItem => "if",
        LoopItem => "loop",
        _ => "",
    }).Where(made => made.Length > 0)];

    [Theory]
    [InlineData(
        "if wide { n = 16 } else { n = 8 }\n module b = conv(n, 3)\n module c = conv(4, 3)\n z = (x -> a -> c) + (x -> b -> conv(4, 1))",
        "a if b c conv")]
    [InlineData(
        "module b = conv(4, 3)\n module c = conv(4, 3)\n z = x\n for i in 0..turns { z = z -> u{i}: conv(4, 1) }\n z = z -> c -> b -> a",
        "a b c loop")]
    [InlineData("module b = conv(4, 3)\n z = x\n for i in 0..turns { z = z -> a -> b }", "a b loop")]
    [InlineData("z = x\n if wide { module b = conv(4, 3)\n z = z -> b -> a }", "a if")]
    // What an input's size waits for comes first.
    [InlineData(
        "module b = conv(4, 3)\n module c = conv(4, 3)\n if wide { n = 16 } else { n = 8 }\n y = x -> conv(n, 1)\n"
            + " z = (y -> c) + (y -> b) -> a", "a if b c conv")]
    [InlineData("module b = conv(4, 3)\n z = x -> part: Part(wide) -> b -> a", "a part b")]
    public void Shared_modules_are_made_where_they_are_declared(string body, string expected)
    {
        var network = Network("module a = conv(4, 3)\n" + body,
            blocks: "block Part(x, wide: bool)\n{\n if wide { n = 6 } else { n = 2 }\n return x -> conv(n, 3)\n}\n");
        Assert.Equal(expected.Split(' '), Made(network.Generic.Items));
    }
}
