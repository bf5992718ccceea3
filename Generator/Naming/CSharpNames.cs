using System.Collections.Generic;
using System.Linq;
using System.Text;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Text;
using Microsoft.CodeAnalysis.CSharp;

namespace KnDsl.Generator.Naming;

/// <summary>C# identifiers for names of .knnet files.</summary>
internal static class CSharpNames
{
    /// <summary>Members that every torch.nn.Module has: a property of such a name would hide them.</summary>
    private static readonly HashSet<string> OfModule =
    [
        "forward", "call", "train", "eval", "training", "to", "cpu", "cuda", "name", "GetName", "handle", "Dispose", "parameters",
        "named_parameters",
        "buffers", "named_buffers", "children", "named_children", "modules", "named_modules", "state_dict", "load_state_dict", "save",
        "load", "apply",
        "zero_grad", "requires_grad_", "register_module", "register_buffer", "register_parameter", "add_module", "get_parameter",
        "get_buffer",
        "has_buffer", "has_parameter", "RegisterComponents", "register_forward_hook", "register_forward_pre_hook", "Equals",
        "GetHashCode", "GetType",
        "ToString", "MemberwiseClone", "Finalize", "ReferenceEquals", "half", "type", "bfloat16", "_to", "fold", "scope", "device",
        "dtype", "torch", "nn",
        "Layers", "InputShapes", "OutputShapes", "Summary",
    ];

    /// <summary>The nearest identifier, escaped where it is a keyword.</summary>
    public static string Identifier(string name)
    {
        var identifier = SyntaxFacts.IsValidIdentifier(name) ? name : Nearest(name);
        return SyntaxFacts.GetKeywordKind(identifier) != SyntaxKind.None
            || SyntaxFacts.GetContextualKeywordKind(identifier) is SyntaxKind.AwaitKeyword
            ? "@" + identifier
            : identifier;
    }

    private static string Nearest(string name)
    {
        var text = new StringBuilder();
        foreach (var c in name)
            text.Append(SyntaxFacts.IsIdentifierPartCharacter(c) ? c : '_');
        if (text.Length == 0 || !SyntaxFacts.IsIdentifierStartCharacter(text[0]))
            text.Insert(0, '_');
        return text.ToString();
    }

    /// <summary>The name of a property for a module of that label.</summary>
    public static string Property(string label)
    {
        var identifier = Identifier(label);
        return OfModule.Contains(identifier) ? identifier + "_" : identifier;
    }

    /// <summary>The factory of <c>KnDsl.NormPolicy</c> that makes a policy of the language.</summary>
    public static string PolicyFactory(string policy) => policy == "groupkalman" ? "GroupKalman" : Pascal(policy);

    /// <summary>The name of a class, as code of any namespace can write it.</summary>
    public static string Type(ModuleType type) => type.Library == ModuleLibrary.Extern ? "global::" + type.Name : type.Name;

    /// <summary><c>downsample</c> becomes <c>Downsample</c>.</summary>
    public static string Pascal(string name)
    {
        var words = Identifier(name).TrimStart('@', '_').Split('_').Where(word => word.Length > 0).ToArray();
        return words.Length == 0 ? "_" + name : (char.IsDigit(words[0][0]) ? "_" : "")
            + string.Concat(words.Select(Casing.Capital));
    }
}
