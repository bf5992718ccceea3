using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Generator.Planning;
using KnDsl.Language.Operations;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Writing;

/// <summary>Writes the constructor: it makes the modules in the plan's order, following sizes as far as modules need them.</summary>
internal sealed class ConstructorWriter(ClassPlan module, CodeWriter writer)
{
    private CSharpPrinter _code => new(symbol => symbol.Origin is BlockSize size
        ? $"{AccessOf(module.Layout[size.Member])}.{CSharpNames.Pascal(size.Property)}"
        : CSharpNames.Identifier(symbol.Name));

    private string AccessOf(MemberCode member) => member.IsList ? member.Local
        : member.Form == MemberForm.ModuleListItem ? $"{AccessOf(member.Parent!)}[{AccessOf(member.Parent!)}.Count - 1]"
        : member.Parent is { Parent: not null } parent ? $"{AccessOf(parent)}.{member.Property}"
        : IsHidden(member.Property) ? "this." + member.Property : member.Property;

    /// <summary>Whether a parameter or local of the constructor has the name of a property.</summary>
    private bool IsHidden(string property) => module.NamesOfNumbers.Contains(property);

    public void Write()
    {
        var declaration = module.Model.Declaration;
        WriteDocumentation(declaration);
        writer.Line($"public {CSharpNames.Identifier(module.Model.Name)}({string.Join(", ", Parameters())})");
        writer.Line($"    : base(\"{module.Model.Name}\")");
        writer.Block(() =>
        {
            if (declaration.Kind == ModuleKind.Network)
                writer.Line("NativeConvolutions.Check();");
            foreach (var parameter in declaration.Parameters.Where(parameter => parameter.Default is not null && !IsConstant(parameter)))
                writer.Line($"{CSharpNames.Identifier(parameter.Name.Text)} ??= {DefaultCode(parameter)};");
            if (module.Model.UsesNorm)
                writer.Line($"norm ??= {_code.Of(NormPolicies.Default.Policy)};");
            foreach (var parameter in module.Forward.Parameters)
                writer.Line($"{parameter.Value} = {CSharpNames.Identifier(parameter.Key)};");
            var isNamedHere = module.Layout.Root.Children.Any(child => child.IsNamedLate && !child.IsList);
            if (isNamedHere)
            {
                writer.Line("// Names are counted below: nothing is to be registered under a property's name.");
                writer.Line("RegisterComponents();");
            }
            WriteItems(module.Model.Items);
            foreach (var symbol in module.Sizes.OfOutputs)
                writer.Line(
                    $"{(IsHidden(CSharpNames.Pascal(symbol.Name)) ? "this." : "")}{CSharpNames.Pascal(symbol.Name)} = "
                        + $"{_code.Of(Size.Of(symbol))};");
            if (!isNamedHere)
                writer.Line("RegisterComponents();");
        });
    }

    private void WriteDocumentation(ModuleDeclaration declaration)
    {
        writer.Line($"/// <summary>Builds the {(declaration.Kind == ModuleKind.Network ? "network" : "block")}.</summary>");
        foreach (var (input, axis, symbol) in module.Sizes.OfInputs)
        {
            var value = module.Model.Inputs[input];
            var size = declaration.ShapeOf(input) is { } shape ? $"size {module.Model.Source.Slice(shape.Sizes[axis].Span)}"
                : value.Shape.NameOf(axis);
            writer.Line($"/// <param name=\"{symbol.Name}\">{char.ToUpperInvariant(size[0])}{size.Substring(1)} of {value.Name}.</param>");
        }
        foreach (var parameter in declaration.Parameters)
            writer.Line($"/// <param name=\"{parameter.Name.Text}\">{ModuleWriter.Xml(Describe(parameter))}</param>");
        if (module.Model.UsesNorm)
            writer.Line("/// <param name=\"norm\">The policy of its norms; kalman() by default.</param>");
        writer.Line("/// <param name=\"device\">The device of its parameters; torch's default if omitted.</param>");
        writer.Line("/// <param name=\"dtype\">The type of its parameters; torch's default if omitted.</param>");
    }

    private string Describe(Parameter parameter)
    {
        var type = parameter.Type.Text + (parameter.IsList ? "[]" : "");
        return parameter.Default is null
            ? $"The parameter {parameter.Name.Text}: {type} of the .knnet file."
            : $"The parameter {parameter.Name.Text}: {type} = {module.Model.Source.Slice(parameter.Default.Span)} of the .knnet file.";
    }

    private IEnumerable<string> Parameters()
    {
        var required = new List<string>();
        var optional = new List<string>();
        foreach (var size in module.Sizes.OfInputs)
            required.Add($"int {CSharpNames.Identifier(size.Symbol.Name)}");
        foreach (var parameter in module.Model.Declaration.Parameters)
        {
            var name = CSharpNames.Identifier(parameter.Name.Text);
            if (parameter.Default is null)
                required.Add($"{TypeOf(parameter)} {name}");
            else if (IsConstant(parameter))
                optional.Add($"{TypeOf(parameter)} {name} = {DefaultCode(parameter)}");
            else
                optional.Add($"{TypeOf(parameter)}? {name} = null");
        }
        if (module.Model.UsesNorm)
            optional.Add("NormPolicy? norm = null");
        return [.. required, .. optional, "Device? device = null", "ScalarType? dtype = null"];
    }

    public static string TypeOf(Parameter parameter) => (parameter.Type.Text, parameter.IsList) switch
    {
        ("int", false) => "int",
        ("int", true) => "IReadOnlyList<int>",
        ("float", false) => "double",
        ("float", true) => "IReadOnlyList<double>",
        ("bool", _) => "bool",
        _ => "NormPolicy",
    };

    /// <summary>Whether its default can stand in a signature.</summary>
    private static bool IsConstant(Parameter parameter) => parameter is { IsList: false, Type.Text: not "norm" };

    private string DefaultCode(Parameter parameter) => module.Model.Defaults.TryGetValue(parameter.Name.Text, out var value) ? value switch
    {
        ListValue list =>
            $"new {(parameter.Type.Text == "int" ? "int" : "double")}[] {{ {string.Join(", ", list.Items.Select(_code.Of))} }}",
        _ => _code.Of(value),
    } : "default";

    private void WriteItems(IReadOnlyList<PlanItem> items)
    {
        foreach (var item in items)
            switch (item)
            {
                case GroupItem group:
                    WriteGroup(module.Layout[group.Group]);
                    break;
                case ConstructOperationItem layer:
                    WriteMember(module.Layout[layer.Member], layer, new OperationPrinter(_code)
                        .Construct(layer.Call.Operation.Construct(layer.Call)!));
                    break;
                case ConstructBlockItem block:
                    WriteMember(module.Layout[block.Member], block,
                        $"new {module.Plans.TypeName(block.Use.Generic)}({Arguments(block.Use)})");
                    break;
                case CheckItem check when module.Sizes.CanCheck(check):
                    writer.Line(check.Place, CheckCode(check));
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
    private string? FieldOf(IfItem branch) => module.Forward.ConditionFields.FirstOrDefault(entry => entry.Item == branch).Field;

    /// <summary>The arguments of a block's constructor: sizes of its inputs, its parameters, its policy, device and dtype.</summary>
    private string Arguments(BlockUse use)
    {
        var arguments = module.Plans[use.Generic].Sizes.OfInputs
            .Select(size => $"{CSharpNames.Identifier(size.Symbol.Name)}: {_code.Of(use.Inputs[size.Input][size.Axis])}").ToList();
        foreach (var parameter in use.Declaration.Parameters)
            if (use.Given.Contains(parameter.Name.Text) && use.Arguments.TryGetValue(parameter.Name.Text, out var value))
                arguments.Add($"{CSharpNames.Identifier(parameter.Name.Text)}: {_code.Of(value)}");
        if (use.Generic.UsesNorm)
            arguments.Add($"norm: {_code.Of(use.Policy.Policy)}");
        arguments.Add("device: device, dtype: dtype");
        return string.Join(", ", arguments);
    }

    private static string MessageOf(Language.Diagnostics.Diagnostic diagnostic) =>
        $"\"{diagnostic.Code}\", {CSharpPrinter.Quote(diagnostic.Text)}";

    private string CheckCode(CheckItem check)
    {
        var (left, right, message) = (_code.Of(check.Left), _code.Of(check.Right), MessageOf(check.Diagnostic));
        return check.Relation switch
        {
            Relation.Equal => $"Sizes.RequireEqual({left}, {right}, {message});",
            Relation.AtLeast => $"Sizes.Require({left} >= {right}, {message}, {left});",
            _ => $"Sizes.Require({left} == {right}, {message});",
        };
    }

    private void WriteGroup(MemberCode group)
    {
        if (group.Form == MemberForm.ModuleListItem)
            return;
        if (!group.IsList)
            writer.Line($"{AccessOf(group)} = new {group.Type}();");
        else
        {
            writer.Line($"var {group.Local} = new {group.Type}();");
            writer.Line($"{ListOf(group)}.Add({group.Local});");
        }
        Register(group, AccessOf(group));
    }

    private string ListOf(MemberCode member) => member.Parent is { Parent: not null } parent
        ? $"{AccessOf(parent)}._{member.Property.TrimStart('@')}"
        : "_" + member.Property.TrimStart('@');

    private void WriteMember(MemberCode member, PlanItem item, string construction)
    {
        switch (member.Form)
        {
            case MemberForm.ModuleListItem:
                writer.Line(item.Place, $"{AccessOf(member.Parent!)}.append({construction});");
                Register(member, AccessOf(member));
                return;
            case MemberForm.List:
                if (member.Member.Repeated is { } repeated)
                    writer.Line(item.Place, $"Sizes.Require({ListOf(member)}.Count == 0, {MessageOf(repeated)});");
                writer.Line(item.Place, $"var {member.Local} = {construction};");
                writer.Line($"{ListOf(member)}.Add({member.Local});");
                Register(member, member.Local);
                return;
            default:
                writer.Line(item.Place, $"{AccessOf(member)} = {construction};");
                Register(member, AccessOf(member));
                return;
        }
    }

    private void Register(MemberCode member, string value)
    {
        if (member.Parent is not { RegistersInOrder: true } parent)
            return;
        var owner = parent.Parent is null ? "" : AccessOf(parent) + ".";
        writer.Line($"{owner}{(member.IsParameter ? "register_parameter" : "register_module")}({NameCode(member.Member)}, {value});");
    }

    private string NameCode(Member member)
    {
        if (member.Name.All(part => part.Count is null))
            return CSharpPrinter.Quote(member.NameText);
        return "$\""
            + string.Concat(
                member.Name.Select(part =>
                    part.Count is null ? part.Text.Replace("{", "{{").Replace("}", "}}") : $"{{{_code.Of(part.Count)}}}")) + "\"";
    }

    private bool HasWork(IReadOnlyList<PlanItem> items) => items.Any(item => item switch
    {
        GroupItem or ConstructOperationItem or ConstructBlockItem => true,
        CheckItem check => module.Sizes.CanCheck(check),
        IfItem branch => HasWork(branch) || FieldOf(branch) is not null,
        LoopItem loop => HasWork(loop.Body) || loop.Sizes.Any(size => module.Sizes.Needs(size.Variable)),
        _ => false,
    });

    private bool HasWork(IfItem branch) =>
        HasWork(branch.Then) || HasWork(branch.Else) || branch.Sizes.Any(size => module.Sizes.Needs(size.Variable));

    private void WriteIf(IfItem branch)
    {
        var sizes = branch.Sizes.Where(size => module.Sizes.Needs(size.Variable)).ToArray();
        var condition = _code.Of(branch.Condition);
        if (FieldOf(branch) is { } field)
        {
            writer.Line(branch.Place, $"{field} = {condition};");
            condition = field;
        }
        if (!HasWork(branch))
            return;
        foreach (var size in sizes)
            writer.Line($"int {CSharpNames.Identifier(size.Variable.Name)};");
        writer.Line(branch.Place, $"if ({condition})");
        writer.Block(() =>
        {
            WriteItems(branch.Then);
            foreach (var size in sizes)
                writer.Line($"{CSharpNames.Identifier(size.Variable.Name)} = {_code.Of(size.Then)};");
        });
        if (!HasWork(branch.Else) && sizes.Length == 0)
            return;
        writer.Line("else");
        writer.Block(() =>
        {
            WriteItems(branch.Else);
            foreach (var size in sizes)
                writer.Line($"{CSharpNames.Identifier(size.Variable.Name)} = {_code.Of(size.Else)};");
        });
    }

    private void WriteLoop(LoopItem loop)
    {
        if (!HasWork([loop]))
            return;
        var sizes = loop.Sizes.Where(size => module.Sizes.Needs(size.Variable)).ToArray();
        foreach (var size in sizes)
            writer.Line($"int {CSharpNames.Identifier(size.Variable.Name)} = {_code.Of(size.Before)};");
        var variable = CSharpNames.Identifier(loop.Variable.Name);
        writer.Line(loop.Place, $"for (var {variable} = {_code.Of(loop.From)}; {variable} < {_code.Of(loop.To)}; {variable}++)");
        writer.Block(() =>
        {
            WriteItems(loop.Body);
            if (sizes.Length == 1)
                writer.Line($"{CSharpNames.Identifier(sizes[0].Variable.Name)} = {_code.Of(sizes[0].Next)};");
            else if (sizes.Length > 1)
                writer.Line($"({string.Join(", ", sizes.Select(size => CSharpNames.Identifier(size.Variable.Name)))}) = "
                    + $"({string.Join(", ", sizes.Select(size => _code.Of(size.Next)))});");
        });
    }
}
