using KnDsl.Language.Operations;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;

namespace KnDsl.Language.Checking;

/// <summary>A place where a block is used, and the use of the block in which that is.</summary>
internal sealed record UseOfBlock(Place Place, UseOfBlock? Outer)
{
    private const int MaxLength = 60;

    /// <summary>As in "'Bottleneck(9)' in line 4, inside 'Stage(8, 3)' in line 2".</summary>
    public override string ToString() => Outer is null ? $"{Text}" : $"{Text}, inside {Outer}";

    private string Text
    {
        get
        {
            var text = Place.OneLine();
            return $"'{(text.Length > MaxLength ? text.Substring(0, MaxLength) + "..." : text)}' in line {Place.Line}";
        }
    }
}

/// <summary>What is checked: a declaration in its file, for any arguments (generic) or for certain ones.</summary>
internal sealed class Subject(ModelContext context, ModuleDeclaration declaration, SourceText source, bool isGeneric)
{
    public ModelContext Context => context;

    public ModuleDeclaration Declaration => declaration;

    public SourceText Source => source;

    public bool IsGeneric => isGeneric;

    /// <summary>The use of the block that it is checked for; null where it is checked for any, or is a network.</summary>
    public UseOfBlock? Use { get; init; }

    /// <summary>What the file can name.</summary>
    public FileScope File { get; } = context.ScopeOf(source);

    public string Name => declaration.Name.Text;

    public bool IsBlock => declaration.Kind == ModuleKind.Block;

    /// <summary>The place of the declaration's name: that of findings that concern all of it.</summary>
    public Place NamePlace => At(declaration.Name.Span);

    public Place At(TextSpan span) => source.At(span);

    public bool HasParameter(string name) => declaration.ParameterOf(name) is not null;

    /// <summary>An operation of the language, or a module of C# that the file declares.</summary>
    public Operation? FindOperation(string name) =>
        OperationCatalogue.Find(name) ?? (File.Externs.TryGetValue(name, out var operation) ? operation : null);
}
