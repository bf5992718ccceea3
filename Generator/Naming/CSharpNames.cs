using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using KnDsl.Language.Text;
using KnDsl.Language.Values;
using Microsoft.CodeAnalysis.CSharp;

namespace KnDsl.Generator.Naming;

/// <summary>C# identifiers for names of .knnet files.</summary>
internal static class CSharpNames
{
    /// <summary>Members that every torch.nn.Module has, or generated code uses: a property of such a name would hide them.</summary>
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
        "dtype", "Layers", "InputShapes", "OutputShapes", "Summary", "ClearModules", "ConditionallyRegisterBuffer",
        "ConditionallyRegisterParameter", "Create", "GetDefaultDeviceAndType", "HookRemover", "HType", "ReplaceBuffer", "ReplaceParameter",
        "get_training", "module_post_hooks", "module_pre_hooks", "post_hooks", "pre_hooks", "save_state_dict", "_deviceIndex",
        "_deviceType", "_internal_buffers", "_internal_params", "_internal_submodules", "_named_buffers", "_named_parameters",
        "_parameters", "_toEpilog", "_",
    ];

    /// <summary>Members of every record, which none of its fields can be.</summary>
    private static readonly HashSet<string> OfRecord =
        ["Clone", "Deconstruct", "EqualityContract", "Equals", "Finalize", "GetHashCode", "GetType", "MemberwiseClone", "PrintMembers",
            "ReferenceEquals", "ToString"];

    /// <summary>Names of a tuple's fields that say their place, or that every tuple has.</summary>
    private static bool IsOfTuple(string name) => OfRecord.Contains(name) || name is "Rest" or "CompareTo"
        || name.StartsWith("Item", StringComparison.Ordinal) && name.Skip(4).All(char.IsDigit);

    /// <summary>The name of a field of a record.</summary>
    public static string RecordField(string name) => WithoutClash(name, clash => OfRecord.Contains(clash) || IsAccessor(clash));

    /// <summary>The name of a field of a tuple.</summary>
    public static string TupleField(string name) => WithoutClash(name, IsOfTuple);

    /// <summary>The name of a field of a class.</summary>
    public static string Field(string name) => WithoutClash("_" + Bare(Identifier(name)), OfModule.Contains);

    /// <summary>An identifier without what escapes a keyword: as a part of a longer one.</summary>
    public static string Bare(string identifier) =>
        identifier.Length > 0 && identifier[0] == '@' ? identifier.TrimStart('@') : identifier;

    private static string WithoutClash(string name, Func<string, bool> clashes) =>
        Identifier(name) is var identifier && clashes(identifier) ? identifier + "_" : identifier;

    /// <summary>Whether it may be the name of the method that reads or sets another property.</summary>
    private static bool IsAccessor(string name) =>
        name.StartsWith("get_", StringComparison.Ordinal) || name.StartsWith("set_", StringComparison.Ordinal);

    /// <summary>The nearest identifier, escaped where it is a keyword.</summary>
    public static string Identifier(string name)
    {
        var identifier = SyntaxFacts.IsValidIdentifier(name) && !HasIgnored(name) ? name : Nearest(name);
        return SyntaxFacts.GetKeywordKind(identifier) != SyntaxKind.None
            || SyntaxFacts.GetContextualKeywordKind(identifier) is SyntaxKind.AwaitKeyword
            ? "@" + identifier
            : identifier;
    }

    /// <summary>The parameter or local for a number.</summary>
    public static string Number(Symbol symbol) => Number(symbol.Name);

    /// <summary>The parameter or local for the number of a symbol of that name.</summary>
    public static string Number(string symbol) => Identifier(Casing.Joined(symbol));

    /// <summary>The name of a class: words that mean something only in places are escaped too, since a class may stand in them.</summary>
    public static string Class(string name) =>
        SyntaxFacts.GetContextualKeywordKind(name) != SyntaxKind.None ? "@" + name : Identifier(name);

    private static string Nearest(string name)
    {
        var text = new StringBuilder();
        foreach (var c in name)
            text.Append(SyntaxFacts.IsIdentifierPartCharacter(c) && !IsIgnored(c) ? c : '_');
        if (text.Length == 0 || !SyntaxFacts.IsIdentifierStartCharacter(text[0]))
            text.Insert(0, '_');
        return text.ToString();
    }

    private static bool HasIgnored(string name)
    {
        foreach (var c in name)
            if (IsIgnored(c))
                return true;
        return false;
    }

    /// <summary>Whether C# takes identifiers with and without the character for the same.</summary>
    private static bool IsIgnored(char c) => char.GetUnicodeCategory(c) == UnicodeCategory.Format;

    /// <summary>The name of a property for a module of that label.</summary>
    public static string Property(string label) => WithoutClash(label, clash => OfModule.Contains(clash) || IsAccessor(clash));

    /// <summary>The factory of <c>KnDsl.NormPolicy</c> that makes a policy of the language.</summary>
    public static string PolicyFactory(string policy) => policy.EndsWith("kalman", StringComparison.Ordinal)
        ? Pascal(policy.Substring(0, policy.Length - "kalman".Length) + "_kalman")
        : Pascal(policy);

    /// <summary>A name with dots, each part as an identifier.</summary>
    public static string Dotted(string name) => string.Join(".", name.Split('.').Select(Identifier));

    /// <summary><c>downsample</c> becomes <c>Downsample</c>.</summary>
    public static string Pascal(string name)
    {
        var words = Identifier(name).TrimStart('@', '_').Split('_').Where(word => word.Length > 0).ToArray();
        return words.Length == 0 ? "_" + name : (char.IsDigit(words[0][0]) ? "_" : "")
            + string.Concat(words.Select(Casing.Capital));
    }
}
