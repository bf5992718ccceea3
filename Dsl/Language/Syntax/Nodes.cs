using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Text;

namespace KnDsl.Language.Syntax;

/// <summary>Any part of a .knnet file.</summary>
internal abstract record Node(TextSpan Span);

/// <summary>A name with its place.</summary>
internal sealed record Name(string Text, TextSpan Span) : Node(Span);

/// <summary>One file: its declarations in order.</summary>
internal sealed record KnnetFile(
    SourceText Source,
    NamespaceDeclaration? Namespace,
    IReadOnlyList<ImportDeclaration> Imports,
    IReadOnlyList<ExternDeclaration> Externs,
    IReadOnlyList<ModuleDeclaration> Modules)
{
    /// <summary>Whether an import or extern could not be read, so that names may be missing.</summary>
    public bool LacksNames { get; init; }

    /// <summary>The identifiers, labels and quoted texts of the file, whatever they name; each once.</summary>
    public IReadOnlyCollection<string> Words { get; init; } = [];
}

/// <summary><c>namespace A.B</c></summary>
internal sealed record NamespaceDeclaration(string Text, TextSpan Span) : Node(Span);

/// <summary><c>import "blocks/bottleneck.knnet"</c></summary>
internal sealed record ImportDeclaration(string Path, TextSpan PathSpan, TextSpan Span) : Node(Span);

/// <summary><c>extern Acme.SqueezeExcite(channels: int): [N, C, H, W] -> [N, C, H, W]</c></summary>
internal sealed record ExternDeclaration(
    Name TypeName,
    IReadOnlyList<Parameter> Parameters,
    IReadOnlyList<ShapeSyntax> Inputs,
    IReadOnlyList<ShapeSyntax> Outputs,
    string? Documentation,
    TextSpan Span) : Node(Span)
{
    /// <summary>What its parentheses name without a type.</summary>
    public IReadOnlyList<Name> Untyped { get; init; } = [];
}

/// <summary>Sizes in brackets.</summary>
internal sealed record ShapeSyntax(IReadOnlyList<Expression> Sizes, TextSpan Span) : Node(Span);

/// <summary>How a module is declared.</summary>
internal enum ModuleKind
{
    Network,
    Block,
}

/// <summary>A network or a block.</summary>
/// <param name="Inputs">A block's inputs: the parameters without a type. A network declares its own with <c>input</c>.</param>
internal sealed record ModuleDeclaration(
    ModuleKind Kind,
    Name Name,
    IReadOnlyList<Name> Inputs,
    IReadOnlyList<Parameter> Parameters,
    IReadOnlyList<Statement> Body,
    string? Documentation,
    TextSpan Span) : Node(Span)
{
    /// <summary>The sizes that the header declares for each input, or null for an input without.</summary>
    public IReadOnlyList<ShapeSyntax?> InputShapes { get; init; } = [];

    /// <summary>The sizes that the header declares for an input, or null.</summary>
    public ShapeSyntax? ShapeOf(int input) => input < InputShapes.Count ? InputShapes[input] : null;

    /// <summary>The first parameter of a name, or null.</summary>
    public Parameter? ParameterOf(string name) => _parameters.TryGetValue(name, out var parameter) ? parameter : null;

    private readonly Dictionary<string, Parameter> _parameters =
        Parameters.GroupBy(parameter => parameter.Name.Text).ToDictionary(group => group.Key, group => group.First());

    /// <summary>Whether the header could not be read: then only its name is known.</summary>
    public bool IsBroken { get; init; }
}

/// <summary><c>stride: int = 1</c></summary>
internal sealed record Parameter(Name Name, Name Type, bool IsList, Expression? Default, TextSpan Span) : Node(Span)
{
    /// <summary>The types of the language; there are lists of the first two.</summary>
    public static readonly IReadOnlyList<string> Types = ["int", "float", "bool", "norm"];

    /// <summary>The type as the file has it.</summary>
    public string TypeText => Type.Text + (IsList ? "[]" : "");

    /// <summary>Whether its type is one of the language.</summary>
    public bool HasType => IsList ? Type.Text is "int" or "float" : Types.Contains(Type.Text);
}

/// <summary>A value declared with its sizes: an input or an output.</summary>
internal sealed record SizedName(Name Name, ShapeSyntax Shape, TextSpan Span) : Node(Span);
