using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>What is shared while the declarations of a file are checked: names, models made so far, findings, the budget.</summary>
internal sealed class ModelContext
{
    /// <summary>More stages than this are refused: no network has them, but a slip of the pen or an exponential nest does.</summary>
    public const int MaxStages = 20_000;

    private readonly Dictionary<ModuleDeclaration, ModuleModel> _generic = [];
    private readonly Dictionary<string, ModuleModel> _instances = [];

    private readonly FileGraph _files;

    public ModelContext(FileGraph files, DiagnosticBag diagnostics)
    {
        _files = files;
        Diagnostics = diagnostics;
    }

    /// <summary>What a file can name.</summary>
    public FileScope ScopeOf(SourceText source) => _files.ScopeOf(source);

    /// <summary>What a file would write to import the one that declares a name; null where none does.</summary>
    public string? ImportOf(string name, SourceText source) => _files.ImportOf(name, source);

    /// <summary>The namespace that a file declares, or null.</summary>
    public string? NamespaceOf(SourceText source) => _files.ScopeOf(source).Syntax.Namespace?.Text;

    public DiagnosticBag Diagnostics { get; }

    private readonly HashSet<ModuleDeclaration> _failed = [];

    /// <summary>Whether a block was found not to fit some use of it: the same is not said again of the use for any arguments.</summary>
    public bool HasFailed(ModuleDeclaration declaration) => _failed.Contains(declaration);

    public void SetFailed(ModuleDeclaration declaration) => _failed.Add(declaration);

    private readonly Dictionary<(object, string), TextSpan> _unknownNames = [];

    /// <summary>Whether a name that a declaration or a file lacks is used here for the first time.</summary>
    public bool IsFirstUse(object lacking, string name, TextSpan span)
    {
        if (!_unknownNames.TryGetValue((lacking, name), out var first))
            _unknownNames[(lacking, name)] = first = span;
        return first.Equals(span);
    }

    private readonly Dictionary<ModuleDeclaration, IReadOnlyDictionary<TextSpan, string>> _automaticNames = [];

    /// <summary>The names of a declaration's stages without a label: the same however often it is checked.</summary>
    public IReadOnlyDictionary<TextSpan, string> AutomaticNamesOf(ModuleDeclaration declaration)
    {
        if (!_automaticNames.TryGetValue(declaration, out var names))
            _automaticNames[declaration] = names = AutomaticNames.Of(declaration);
        return names;
    }

    /// <summary>The plan for any arguments; made once a declaration.</summary>
    public ModuleModel Generic(ModuleDeclaration declaration, SourceText source)
    {
        if (!_generic.TryGetValue(declaration, out var model))
            _generic[declaration] = model = GenericCheck.Run(this, declaration, source);
        return model;
    }

    /// <summary>The plan for certain arguments and inputs; made once for each.</summary>
    /// <param name="by">The use that needs it, which errors name if it is the first.</param>
    public ModuleModel Instance(
        ModuleDeclaration declaration, SourceText source, IReadOnlyList<TensorValue> inputs, IReadOnlyList<ChainFact> chains,
        IReadOnlyDictionary<string, Value> arguments, PolicyValue policy, UseOfBlock by)
    {
        var key = $"{source.Path}|{declaration.Name.Text}"
            + $"({string.Join(";", inputs.Select((input, i) => KeyOf(input, chains[i])))}|"
            + $"{string.Join(";", arguments.Select(pair => $"{pair.Key}={pair.Value.Key}"))}|{policy.Key}";
        if (!_instances.TryGetValue(key, out var model))
        {
            model = new ModuleChecker(this, declaration, source, false, use: by).CheckBlock(inputs, chains, arguments, policy);
            _instances[key] = model;
        }
        return model;
    }

    private static string KeyOf(TensorValue input, ChainFact chain) =>
        $"{input.Shape}/{chain.Key}{(input.FloatBy is null ? "" : "/float")}"
        + (input.Channels is { AreLast: var last } ? last ? "/last" : "/second" : "");
}
