using System.Collections.Generic;

namespace KnDsl.Language.Operations.Contract;

/// <summary>What an argument of an operation may be.</summary>
internal enum ParameterKind
{
    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>One whole number for all spatial dimensions, or a list with one for each.</summary>
    Spatial,

    /// <summary>A list of whole numbers.</summary>
    List,

    /// <summary>One whole number, or a list of them for each side.</summary>
    Amounts,

    /// <summary>A number.</summary>
    Number,

    /// <summary>true or false.</summary>
    Flag,

    /// <summary>One of some words.</summary>
    Word,

    /// <summary>A normalization policy.</summary>
    Policy,

    /// <summary>Another tensor, whose sizes are taken.</summary>
    Tensor,

    /// <summary>The label of a module.</summary>
    Label,

    /// <summary>A number, a word, or fields for mean and variance.</summary>
    Gain,
}

/// <summary>An argument of an operation or of a policy.</summary>
/// <param name="Default">The default as the reference shows it; null where the argument must be given.</param>
/// <param name="Words">Words that it takes (besides what its kind takes).</param>
/// <param name="Minimum">The least value allowed.</param>
/// <param name="Below">The value that it must stay below, or not exceed where <paramref name="IncludesBelow"/> is set.</param>
internal sealed record OperationParameter(
    string Name,
    ParameterKind Kind,
    string Summary,
    string? Default = null,
    IReadOnlyList<string>? Words = null,
    double? Minimum = null,
    double? Below = null,
    bool IncludesMinimum = true,
    bool IncludesBelow = true)
{
    public bool IsRequired => Default is null;

    /// <summary>Whether it takes all arguments by position, as torch's permute(0, 2, 3, 1) does.</summary>
    public bool IsVariadic { get; init; }

    /// <summary>
    /// Whether it is given by its name only: torch puts the input's channels first, so that torch's conv(3, 64, 7) would be read
    /// as 3 channels, a kernel of 64 and a stride of 7.
    /// </summary>
    public bool IsNamed { get; init; }

    /// <summary>The kind as a message names it.</summary>
    public string KindText
    {
        get
        {
            var kind = Kind switch
            {
                ParameterKind.Integer => "a whole number",
                ParameterKind.Spatial => "a whole number or a list with one for each spatial dimension",
                ParameterKind.List => "a list of whole numbers",
                ParameterKind.Amounts => "a whole number or a list with one for each side",
                ParameterKind.Number => "a number",
                ParameterKind.Flag => "true or false",
                ParameterKind.Policy => "a normalization policy",
                ParameterKind.Tensor => "a value",
                ParameterKind.Label => "the label of a norm",
                ParameterKind.Gain => "a number or (mean: ..., variance: ...)",
                _ => null,
            };
            var words = Words is null ? null : string.Join(", ", Words);
            return kind is null ? $"one of {words}" : words is null ? kind : $"{kind}, or {words}";
        }
    }

    /// <summary>The range as a message names it.</summary>
    public string RangeText =>
        (Minimum, Below) switch
        {
            ({ } low, { } high) => $"in {(IncludesMinimum ? "[" : "(")}{low}, {high}{(IncludesBelow ? "]" : ")")}",
            ({ } low, null) => IncludesMinimum ? $"at least {low}" : $"more than {low}",
            (null, { } high) => IncludesBelow ? $"at most {high}" : $"less than {high}",
            _ => "any number",
        };

    public bool Allows(double value) =>
        (Minimum is not { } low || value > low || IncludesMinimum && value == low)
        && (Below is not { } high || value < high || IncludesBelow && value == high);
}
