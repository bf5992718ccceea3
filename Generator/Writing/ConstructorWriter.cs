using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Generator.Planning;
using KnDsl.Language.Operations;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Writing;

/// <summary>Writes the constructor: it makes the modules in the plan's order, following sizes as far as modules need them.</summary>
internal sealed class ConstructorWriter
{
    private readonly ClassPlan _plan;
    private readonly CodeWriter _writer;
    private readonly CSharpPrinter _values;
    private readonly OperationPrinter _operations;

    public ConstructorWriter(ClassPlan plan, CodeWriter writer)
    {
        (_plan, _writer) = (plan, writer);
        _values = new CSharpPrinter(Types, NameOf, isChecked: true);
        _operations = new OperationPrinter(_values, Types);
    }

    private TypeNames Types => _plan.Plans.Types;

    private string NameOf(Symbol symbol) => symbol.Origin is BlockSize { Formula: null } size
        ? $"{AccessOf(_plan.Layout[size.Member])}.{_plan.PropertyOf(size)}"
        : CSharpNames.Number(symbol);

    private string AccessOf(MemberCode member) => member.IsList ? member.Local
        : member.Form == MemberForm.ModuleListItem ? $"{AccessOf(member.Parent!)}[{AccessOf(member.Parent!)}.Count - 1]"
        : member.Parent is { Parent: not null } parent ? $"{AccessOf(parent)}.{member.Property}"
        : Own(member.Property);

    /// <summary>A member of the class, of which a parameter or local of the constructor may have the name.</summary>
    private string Own(string member) => _plan.NamesOfNumbers.Contains(member) ? "this." + member : member;

    /// <summary>Whether a block that is used alone would have convolutions that nobody checks: norms do.</summary>
    private bool HasUncheckedConvolutions() => !_plan.Model.UsesNorm && _plan.Model.Items.All().OfType<ConstructOperationItem>()
        .Any(item => item.Member.Type is { Library: ModuleLibrary.Torch } type && type.Name.StartsWith("Conv", StringComparison.Ordinal));

    public void Write()
    {
        var declaration = _plan.Model.Declaration;
        WriteDocumentation(declaration);
        var name = CSharpNames.Class(_plan.Model.Name);
        foreach (var type in FoundByReflection(_plan.Layout.Root).Prepend(name).Distinct())
            _writer.Line($"[{Types.DynamicDependency}({Types.Runtime("Components")}.Reflected, typeof({type}))]");
        _writer.Line($"public {name}({string.Join(", ", Parameters())})");
        _writer.Line($"    : base({CSharpText.Quote(_plan.Model.Name)})");
        _writer.Block(() =>
        {
            if (declaration.Kind == ModuleKind.Network || HasUncheckedConvolutions())
                _writer.Line($"{Types.Runtime("NativeConvolutions")}.Check();");
            foreach (var parameter in declaration.Parameters.Where(parameter => parameter.Default is null && !IsConstant(parameter)))
                _writer.Line($"{Types.ArgumentNullException}.ThrowIfNull({CSharpNames.Identifier(parameter.Name.Text)});");
            foreach (var parameter in declaration.Parameters.Where(parameter => parameter.Default is not null && !IsConstant(parameter)))
                _writer.Line($"{CSharpNames.Identifier(parameter.Name.Text)} ??= {DefaultCode(parameter)};");
            foreach (var (_, _, symbol) in _plan.Sizes.OfInputs)
                _writer.Line($"{Types.Sizes}.RequirePositive({CSharpNames.Number(symbol)});");
            if (_plan.Model.UsesNorm)
                _writer.Line($"norm ??= {_values.Of(NormPolicies.Default.Policy)};");
            foreach (var parameter in _plan.Forward.Parameters.Concat(_plan.Inputs.Fields))
            {
                // The caller may change a list afterwards; the modules were made of what it held.
                var value = CSharpNames.Number(parameter.Key);
                var isList = declaration.ParameterOf(parameter.Key) is { IsList: true };
                _writer.Line($"{parameter.Value} = {(isList ? $"[.. {value}]" : value)};");
            }
            if (_plan.RecomputeField is { } recompute)
                _writer.Line($"{recompute} = recompute;");
            // A module that is registered later would be searched then, and its members found under names of their fields.
            _writer.Comment("Finds what another part of the class declares; what this one declares is registered by name.");
            _writer.Line($"{Own("RegisterComponents")}();");
            WriteItems(_plan.Model.Items);
            foreach (var (symbol, property) in _plan.OutputSizes)
                _writer.Line($"{property} = {_values.Of(Size.Of(symbol))};");
        });
    }

    /// <summary>
    /// The types whose fields TorchSharp looks for by reflection where parameters move; native code that is compiled ahead would not
    /// have them. The class itself is one of them, since another part of it may declare modules and parameters.
    /// </summary>
    private static IEnumerable<string> FoundByReflection(MemberCode owner) => owner.Children.SelectMany(child =>
        child.Form is MemberForm.Group or MemberForm.ModuleList
            ? FoundByReflection(child).Concat(child.Children.Any(inner => inner.IsParameter) ? [child.Type] : [])
            : TorchSharpNames.MovesByReflection(child.Member.Type!) ? [child.Type] : []);

    private void WriteDocumentation(ModuleDeclaration declaration)
    {
        _writer.Document("summary", $"Builds the {(declaration.Kind == ModuleKind.Network ? "network" : "block")}.");
        foreach (var (input, axis, symbol) in _plan.Sizes.OfInputs)
        {
            var value = _plan.Model.Inputs[input];
            var size = declaration.ShapeOf(input) is { } shape ? $"size {_plan.Model.Source.At(shape.Sizes[axis].Span).OneLine()}"
                : value.Shape.NameOf(axis);
            _writer.DocumentParameter(CSharpNames.Bare(CSharpNames.Number(symbol)), $"{Casing.Capital(size)} of {value.Name}.");
        }
        foreach (var parameter in declaration.Parameters)
            _writer.DocumentParameter(parameter.Name.Text, Describe(parameter));
        if (_plan.Model.UsesNorm)
            _writer.DocumentParameter("norm", "The policy of its norms; kalman() by default.");
        _writer.DocumentParameter("device", "The device of its parameters; torch's default if omitted.");
        _writer.DocumentParameter("dtype", "The type of its parameters; torch's default if omitted.");
        if (_plan.Recomputes)
            _writer.DocumentParameter("recompute",
                $"What training computes again in its backward pass, to keep less: true, false or {Types.Recompute}.Blocks.");
    }

    private string Describe(Parameter parameter)
    {
        var declared = $"{parameter.Name.Text}: {parameter.TypeText}";
        if (parameter.Default is { } value)
            declared += $" = {_plan.Model.Source.At(value.Span).OneLine()}";
        return $"The parameter {declared} of the .knnet file.";
    }

    private IEnumerable<string> Parameters()
    {
        var required = new List<string>();
        var optional = new List<string>();
        foreach (var size in _plan.Sizes.OfInputs)
            required.Add($"int {CSharpNames.Number(size.Symbol)}");
        foreach (var parameter in _plan.Model.Declaration.Parameters)
        {
            var name = CSharpNames.Identifier(parameter.Name.Text);
            if (parameter.Default is null)
                required.Add($"{TypeOf(parameter, Types)} {name}");
            else if (IsConstant(parameter))
                optional.Add($"{TypeOf(parameter, Types)} {name} = {DefaultCode(parameter)}");
            else
                optional.Add($"{TypeOf(parameter, Types)}? {name} = null");
        }
        if (_plan.Model.UsesNorm)
            optional.Add($"{Types.NormPolicy}? norm = null");
        optional.AddRange([$"{Types.Device}? device = null", $"{Types.ScalarType}? dtype = null"]);
        if (_plan.Recomputes)
            optional.Add($"{Types.Recompute} recompute = default");
        return [.. required, .. optional];
    }

    public static string TypeOf(Parameter parameter, TypeNames types) => TypeOf(parameter.TypeText, types);

    /// <summary>The type in C# of a parameter's type in the file.</summary>
    public static string TypeOf(string type, TypeNames types) => type switch
    {
        "int" => "int",
        "int[]" => types.ReadOnlyListOf("int"),
        "float" => "double",
        "float[]" => types.ReadOnlyListOf("double"),
        "bool" => "bool",
        _ => types.NormPolicy,
    };

    /// <summary>Whether its default can be part of a signature.</summary>
    private static bool IsConstant(Parameter parameter) => parameter is { IsList: false, Type.Text: not "norm" };

    private string DefaultCode(Parameter parameter) => _plan.Model.Defaults.TryGetValue(parameter.Name.Text, out var value) ? value switch
    {
        ListValue list =>
            $"new {(parameter.Type.Text == "int" ? "int" : "double")}[] {{ {string.Join(", ", list.Items.Select(_values.Of))} }}",
        _ => _values.Of(value),
    } : "default";

    private void WriteItems(IReadOnlyList<PlanItem> items)
    {
        foreach (var item in items)
            switch (item)
            {
                case GroupItem group:
                    WriteGroup(_plan.Layout[group.Group]);
                    break;
                case ConstructOperationItem layer:
                    WriteMember(_plan.Layout[layer.Member], layer, _operations.Construct(layer.Construction));
                    break;
                case ConstructBlockItem block:
                    WriteMember(_plan.Layout[block.Member], block,
                        $"new {_plan.Plans.TypeName(block.Use.Generic)}({Arguments(block.Use)})");
                    break;
                case ApplyBlockItem block:
                    foreach (var size in NeededOf(block))
                        _writer.Line($"var {CSharpNames.Number(size.Variable)} = {_values.Of(size.Formula)};");
                    break;
                case CheckItem check when _plan.Sizes.CanCheck(check):
                    _writer.Line(check.Place, CheckCode(check));
                    break;
                case IfItem branch:
                    WriteIf(branch);
                    break;
                case LoopItem loop:
                    WriteLoop(loop);
                    break;
            }
    }

    /// <summary>The field that keeps a condition for the forward pass, or null.</summary>
    private string? FieldOf(IfItem branch) => _plan.Forward.ConditionFields.FirstOrDefault(entry => entry.Item == branch).Field;

    /// <summary>The arguments of a block's constructor: sizes of its inputs, its parameters, its policy, device and dtype.</summary>
    private string Arguments(BlockUse use)
    {
        var arguments = _plan.Plans[use.Generic].Sizes.OfInputs
            .Select(size => $"{CSharpNames.Number(size.Symbol)}: {_values.Of(use.Inputs[size.Input][size.Axis])}").ToList();
        foreach (var parameter in use.Declaration.Parameters)
            if (use.Given.Contains(parameter.Name.Text) && use.Arguments.TryGetValue(parameter.Name.Text, out var value))
                arguments.Add($"{CSharpNames.Identifier(parameter.Name.Text)}: {_values.Of(value)}");
        if (use.Generic.UsesNorm)
            arguments.Add($"norm: {_values.Of(use.Policy.Policy)}");
        arguments.Add("device: device, dtype: dtype");
        if (_plan.Plans[use.Generic].Recomputes)
            arguments.Add("recompute: recompute");
        return string.Join(", ", arguments);
    }

    private static string MessageOf(Language.Diagnostics.Diagnostic diagnostic) =>
        $"\"{diagnostic.Code}\", {CSharpText.Quote(diagnostic.Text)}";

    private string CheckCode(CheckItem check) => check switch
    {
        LimitCheck limit =>
            $"{Types.Sizes}.Require({_values.Of(limit.Condition)}, {MessageOf(limit)}, {_values.Of(limit.Found)});",
        SizesCheck { Relation: Relation.Equal } sizes when sizes.Right == Size.Zero =>
            $"{Types.Sizes}.RequireNoDifference({_values.Of(sizes.Left)}, {MessageOf(sizes.Diagnostic)});",
        SizesCheck sizes =>
            CheckCode(sizes.Relation, _values.Of(sizes.Left), _values.Of(sizes.Right), MessageOf(sizes.Diagnostic)),
        _ => throw new System.NotSupportedException($"No code is known for the check {check.GetType().Name}."),
    };

    /// <summary>Where the message ends with the formula of the number, the number follows in the same sentence.</summary>
    private static string MessageOf(LimitCheck limit)
    {
        var text = limit.Diagnostic.Text;
        return text.EndsWith($"found {limit.Found.Key}.", System.StringComparison.Ordinal)
            ? $"\"{limit.Diagnostic.Code}\", {CSharpText.Quote(text.TrimEnd('.'))}"
            : MessageOf(limit.Diagnostic);
    }

    private string CheckCode(Relation relation, string left, string right, string message) => relation switch
    {
        Relation.Equal => $"{Types.Sizes}.RequireEqual({left}, {right}, {message});",
        Relation.MultipleOf => $"{Types.Sizes}.RequireMultiple({left}, {right}, {message});",
        Relation.Repeatable => $"{Types.Sizes}.RequireRepeatable({left}, {right}, {message});",
        Relation.NotEqual => $"{Types.Sizes}.Require({left} != {right}, {message});",
        _ => $"{Types.Sizes}.Require({left} == {right}, {message});",
    };

    private void WriteGroup(MemberCode group)
    {
        if (group.Form == MemberForm.ModuleListItem)
            return;
        if (!group.IsList)
            _writer.Line($"{AccessOf(group)} = new {group.Type}();");
        else
        {
            _writer.Line($"var {group.Local} = new {group.Type}();");
            _writer.Line($"{ListOf(group)}.Add({group.Local});");
        }
        Register(group, AccessOf(group));
    }

    private string ListOf(MemberCode member) => member.Parent is { Parent: not null } parent
        ? $"{AccessOf(parent)}.{member.Field}"
        : Own(member.Field);

    private void WriteMember(MemberCode member, PlanItem item, string construction)
    {
        switch (member.Form)
        {
            case MemberForm.ModuleListItem:
                _writer.Line(item.Place, $"{AccessOf(member.Parent!)}.append({construction});");
                Register(member, AccessOf(member));
                return;
            case MemberForm.List:
                if (member.Member.Repeated is { } repeated)
                    _writer.Line(item.Place, $"{Types.Sizes}.Require({ListOf(member)}.Count == 0, {MessageOf(repeated)});");
                _writer.Line(item.Place, $"var {member.Local} = {construction};");
                _writer.Line($"{ListOf(member)}.Add({member.Local});");
                Register(member, member.Local);
                return;
            default:
                _writer.Line(item.Place, $"{AccessOf(member)} = {construction};");
                Register(member, AccessOf(member));
                return;
        }
    }

    private void Register(MemberCode member, string value)
    {
        var register = member.IsParameter ? "register_parameter" : "register_module";
        var owner = member.Parent is { Parent: not null } parent ? AccessOf(parent) : null;
        if (SharedNames.Of(member.Member) is { } taken)
            _writer.Line(taken.Place,
                $"{Types.Sizes}.RequireNewLabel({owner ?? "this"}, {NameCode(member.Member)}, {MessageOf(taken)});");
        var method = owner is null ? Own(register) : $"{owner}.{register}";
        _writer.Line($"{method}({NameCode(member.Member)}, {value});");
    }

    private string NameCode(Member member)
    {
        if (member.Name.All(part => part.Count is null))
            return CSharpText.Quote(member.NameText);
        return CSharpText.Interpolate(member.Name.Select(part => part.Count is null ? (part.Text, false) : (_values.Of(part.Count), true)));
    }

    /// <summary>The sizes of a block's outputs that the constructor computes.</summary>
    private IEnumerable<(Symbol Variable, Size Formula)> NeededOf(ApplyBlockItem block) =>
        block.Sizes.Where(size => _plan.Sizes.Needs(size.Variable));

    private bool HasWork(IReadOnlyList<PlanItem> items) => items.Any(item => item switch
    {
        GroupItem or ConstructOperationItem or ConstructBlockItem => true,
        ApplyBlockItem block => NeededOf(block).Any(),
        CheckItem check => _plan.Sizes.CanCheck(check),
        IfItem branch => HasWork(branch) || FieldOf(branch) is not null,
        LoopItem loop => HasWork(loop.Body) || loop.Sizes.Any(size => _plan.Sizes.Needs(size.Variable)),
        _ => false,
    });

    private bool HasWork(IfItem branch) =>
        HasWork(branch.Then) || HasWork(branch.Else) || branch.Sizes.Any(size => _plan.Sizes.Needs(size.Variable));

    private void WriteIf(IfItem branch)
    {
        var sizes = branch.Sizes.Where(size => _plan.Sizes.Needs(size.Variable)).ToArray();
        var condition = _values.Of(branch.Condition);
        if (FieldOf(branch) is { } field)
        {
            _writer.Line(branch.Place, $"{field} = {condition};");
            condition = field;
        }
        if (!HasWork(branch))
            return;
        foreach (var size in sizes)
            _writer.Line($"int {CSharpNames.Number(size.Variable)};");
        _writer.Line(branch.Place, $"if ({condition})");
        _writer.Block(() =>
        {
            WriteItems(branch.Then);
            foreach (var size in sizes)
                _writer.Line($"{CSharpNames.Number(size.Variable)} = {_values.Of(size.Then)};");
        });
        if (!HasWork(branch.Else) && sizes.Length == 0)
            return;
        _writer.Line("else");
        _writer.Block(() =>
        {
            WriteItems(branch.Else);
            foreach (var size in sizes)
                _writer.Line($"{CSharpNames.Number(size.Variable)} = {_values.Of(size.Else)};");
        });
    }

    private void WriteLoop(LoopItem loop)
    {
        if (!HasWork([loop]))
            return;
        var sizes = loop.Sizes.Where(size => _plan.Sizes.Needs(size.Variable)).ToArray();
        foreach (var size in sizes)
            _writer.Line($"int {CSharpNames.Number(size.Variable)} = {_values.Of(size.Before)};");
        var variable = CSharpNames.Number(loop.Variable);
        _writer.Line(loop.Place, $"for (var {variable} = {_values.Of(loop.From)}; {variable} < {_values.Of(loop.To)}; {variable}++)");
        _writer.Block(() =>
        {
            WriteItems(loop.Body);
            if (sizes.Length == 1)
                _writer.Line($"{CSharpNames.Number(sizes[0].Variable)} = {_values.Of(sizes[0].Next)};");
            else if (sizes.Length > 1)
                _writer.Line($"({string.Join(", ", sizes.Select(size => CSharpNames.Number(size.Variable)))}) = "
                    + $"({string.Join(", ", sizes.Select(size => _values.Of(size.Next)))});");
        });
    }
}
