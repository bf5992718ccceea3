using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>
/// A module class of the user's own project (<c>extern Acme.SqueezeExcite(channels: int): [N, C, H, W] -> [N, C, H, W]</c>):
/// its declared sizes are its shape rule. It has no moment rule, so it cuts the statistic chain.
/// </summary>
internal sealed class ExternOperation(ExternDeclaration declaration, SourceText source) : Operation
{
    private readonly ExternSizes _sizes = new(declaration, source);

    public ExternDeclaration Declaration => declaration;

    public SourceText Source => source;

    /// <summary>The class's name without its namespace.</summary>
    public override string Name => declaration.TypeName.Text.Split('.').Last();

    public override string Summary => declaration.Documentation ?? $"The C# module {declaration.TypeName.Text}.";

    public override string Example
    {
        get
        {
            var values = declaration.Inputs.Select((_, i) => $"x{i + 1}");
            var required = Parameters.Where(parameter => parameter.IsRequired).Select(parameter => parameter.Name).ToArray();
            return declaration.Inputs.Count != 1 ? $"y = {Name}({string.Join(", ", values.Concat(required))})"
                : $"y = x -> {Name}{(required.Length == 0 ? "" : $"({string.Join(", ", required)})")}";
        }
    }

    public override string ShapeRule =>
        $"{string.Join(", ", declaration.Inputs.Select(Text))} -> {string.Join(", ", declaration.Outputs.Select(Text))}";

    /// <summary>The sizes of its output as they are declared.</summary>
    public string DeclaredOutput => Text(declaration.Outputs[0]);

    public override string? MomentRule => null;

    public override int? InputCount => declaration.Inputs.Count;

    public override ModuleType Module => new(ModuleLibrary.Extern, declaration.TypeName.Text);

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
        declaration.Parameters.Select(parameter => ParameterOf(parameter, source)).ToArray();

    private static OperationParameter ParameterOf(Parameter parameter, SourceText source)
    {
        var name = parameter.Name.Text;
        var otherwise = parameter.Default is null ? null : source.Slice(parameter.Default.Span);
        return (parameter.Type.Text, parameter.IsList) switch
        {
            ("int", true) => new ListParameter(name, "") { DefaultText = otherwise, TakesGiven = true },
            ("int", false) => new IntegerParameter(name, "") { DefaultText = otherwise },
            ("float", _) => new NumberParameter(name, "") { DefaultText = otherwise },
            ("bool", _) => new FlagParameter(name, "") { DefaultText = otherwise },
            _ => new PolicyParameter(name, "") { DefaultText = otherwise },
        };
    }

    /// <summary>Reports what the declaration alone shows to be wrong.</summary>
    /// <returns>Whether its parameters are right, so that uses can be checked.</returns>
    public bool CheckDeclaration(DiagnosticBag diagnostics)
    {
        foreach (var name in declaration.Untyped)
            diagnostics.Add(DiagnosticCatalogue.MissingType(source.At(name.Span), name.Text, "a C# module")
                .WithHint("Its inputs are the shapes between ':' and '->'."));
        if (declaration.Outputs.Count != 1)
            diagnostics.Add(DiagnosticCatalogue.ValueCount(source.At(declaration.Span), "An extern module", 1, declaration.Outputs.Count));
        var ofNoType = declaration.Parameters.Where(parameter => !parameter.HasType || parameter.TypeText == "float[]").ToArray();
        foreach (var parameter in ofNoType)
            diagnostics.Add(DiagnosticCatalogue.TypeOfExtern(source.At(parameter.Type.Span), parameter.TypeText));
        return declaration.Untyped.Count == 0 && ofNoType.Length == 0 && _sizes.Check(diagnostics);
    }

    private string Text(ShapeSyntax shape) => source.Slice(shape.Span);

    public override OutputNumbers Numbers(OperationCall call) => OutputNumbers.Any;

    public override Shape? Infer(OperationCall call)
    {
        var values = _sizes.ValuesOf(call, Parameters);
        for (var i = 0; i < declaration.Inputs.Count; i++)
        {
            var (pattern, found) = (declaration.Inputs[i], call.Inputs[i].Shape);
            if (pattern.Sizes.Count != found.Rank)
            {
                call.Report(DiagnosticCatalogue.Rank(call.Place, Name, Text(pattern), found.ToString()));
                return null;
            }
            for (var axis = 0; axis < found.Rank; axis++)
                if (pattern.Sizes[axis] is NameExpression name && !values.ContainsKey(name.Name))
                    values[name.Name] = found[axis];
                else if (ExternSizes.Evaluate(call, pattern.Sizes[axis], values) is not { } wanted
                    || !call.Require(found[axis], wanted, () => DiagnosticCatalogue.ExternShape(
                             call.Place, Name, Text(pattern), found.ToString(), source.At(pattern.Span))))
                    return null;
        }
        var sizes = new List<Size>();
        foreach (var declared in declaration.Outputs[0].Sizes)
            if (ExternSizes.Evaluate(call, declared, values) is { } size)
                sizes.Add(size);
            else
                return null;
        for (var axis = 0; axis < sizes.Count; axis++)
            if (!RequirePositive(call, sizes[axis], declaration.Outputs[0].Sizes[axis]))
                return null;
        return new Shape(sizes);
    }

    /// <summary>Demands that something is left of a dimension that is computed; what only data decides, the module refuses.</summary>
    private bool RequirePositive(OperationCall call, Size size, Expression declared)
    {
        Diagnostic Vanishes() => DiagnosticCatalogue.SizeOfExtern(
            call.Place, Name, source.At(declared.Span).OneLine(), size.ToString(), source.At(declared.Span));
        if (size.Maximum() is <= 0)
        {
            call.Report(Vanishes());
            return false;
        }
        if (size.Symbols().All(symbol => symbol.Kind == SymbolKind.Construction))
            call.RequireAtLeast(size, Values.Size.One, Vanishes);
        return true;
    }

    /// <summary>Arguments that are not given are the class's own to decide.</summary>
    public override Construction Construct(OperationCall call) => new ModuleConstruction(Module,
        [.. Parameters.Where(call.Has).Select(parameter => Named(parameter.Name, OperandOf(call, parameter)))]);

    private static Operand OperandOf(OperationCall call, OperationParameter parameter) => parameter switch
    {
        ListParameter list => call.Argument(list) is ListParameterValue given ? new GivenListOperand(given) : Sizes(call.Get(list)),
        IntegerParameter whole => call.Get(whole),
        NumberParameter number => call.Get(number),
        FlagParameter flag => call.Get(flag),
        _ => new PolicyOperand(call.Get((PolicyParameter)parameter).Policy),
    };

    public override Computation Compute(OperationCall call) => new ModuleCall([.. Inputs(call)]);
}
