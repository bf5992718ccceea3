using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations.Contract;

/// <summary>Where the class of a module comes from.</summary>
internal enum ModuleLibrary
{
    /// <summary>torch.nn.</summary>
    Torch,

    /// <summary>The runtime of KnDsl.</summary>
    KnDsl,

    /// <summary>The user's own project.</summary>
    Extern,

    /// <summary>A block of a .knnet file.</summary>
    Block,
}

/// <summary>The class of a module.</summary>
internal sealed record ModuleType(ModuleLibrary Library, string Name)
{
    /// <summary>A learned tensor: a parameter, and no module.</summary>
    public static readonly ModuleType Parameter = new(ModuleLibrary.Torch, "Parameter");

    public static ModuleType Torch(string name) => new(ModuleLibrary.Torch, name);

    public static ModuleType KnDsl(string name) => new(ModuleLibrary.KnDsl, name);
}

/// <summary>How the module of an operation is made, as data.</summary>
internal abstract record Construction
{
    /// <summary>The named symbols that it is made with.</summary>
    public abstract IEnumerable<Symbol> Symbols();

    /// <summary>The sizes that it is made with.</summary>
    public abstract IEnumerable<Size> OwnSizes { get; }
}

/// <summary>A module of a class, with PyTorch's names for its arguments.</summary>
internal sealed record ModuleConstruction(ModuleType Type, IReadOnlyList<NamedOperand> Arguments) : Construction
{
    public override IEnumerable<Symbol> Symbols() => Arguments.SelectMany(argument => argument.Value.Symbols());

    public override IEnumerable<Size> OwnSizes => Arguments.SelectMany(argument => argument.Value.OwnSizes);
}

/// <summary>A layer of a normalization policy.</summary>
/// <param name="Settings">Settings of the policy that this layer has otherwise, by their names in .knnet files.</param>
internal sealed record NormConstruction(Policy Policy, IReadOnlyList<NamedOperand> Settings, Size Channels) : Construction
{
    public override IEnumerable<Symbol> Symbols() =>
        Policy.Symbols().Concat(Settings.SelectMany(setting => setting.Value.Symbols())).Concat(Channels.Leaves());

    public override IEnumerable<Size> OwnSizes => [Channels];
}

/// <summary>A learned tensor, its elements drawn from a normal distribution at first.</summary>
internal sealed record TensorConstruction(IReadOnlyList<Size> Sizes, Number Mean, Number Deviation) : Construction
{
    public override IEnumerable<Size> OwnSizes => Sizes;

    public override IEnumerable<Symbol> Symbols() =>
        Sizes.SelectMany(size => size.Leaves()).Concat(Mean.Symbols()).Concat(Deviation.Symbols());
}
