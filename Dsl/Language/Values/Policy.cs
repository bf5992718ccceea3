using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Language.Values;

/// <summary>A normalization policy, as an immutable tree that knows the symbols it reads. Its text is that of a .knnet file.</summary>
internal abstract record Policy
{
    /// <summary>The named symbols that it is made with.</summary>
    public abstract IEnumerable<Symbol> Symbols();
}

/// <summary>A policy of the catalogue with the settings that are given.</summary>
internal sealed record PolicyCall(string Name, IReadOnlyList<PolicySetting> Settings) : Policy
{
    public override IEnumerable<Symbol> Symbols() => Settings.SelectMany(setting => setting.Value.Symbols());

    public override string ToString() => $"{Name}({string.Join(", ", Settings.Select(setting => $"{setting.Name}: {setting.Value.Key}"))})";
}

/// <summary>A setting of a policy by its name in .knnet files.</summary>
internal sealed record PolicySetting(string Name, Value Value);

/// <summary>A parameter of type norm.</summary>
internal sealed record PolicySymbol(Symbol Symbol) : Policy
{
    public override IEnumerable<Symbol> Symbols() => [Symbol];

    public override string ToString() => Symbol.Name;
}

/// <summary>The policy that a block is given by the module that uses it.</summary>
internal sealed record AmbientPolicy : Policy
{
    public override IEnumerable<Symbol> Symbols() => [];

    public override string ToString() => "norm";
}

/// <summary>A policy of which only a text is known: one that a program makes.</summary>
internal sealed record OpaquePolicy(string Text) : Policy
{
    public override IEnumerable<Symbol> Symbols() => [];

    public override string ToString() => Text;
}
