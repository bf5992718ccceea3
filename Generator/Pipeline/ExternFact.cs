using System.Linq;
using KnDsl.Language.Operations;

namespace KnDsl.Generator.Pipeline;

/// <summary>A parameter of an extern module as its file declares it.</summary>
internal sealed record ExternParameter(string Name, string Type);

/// <summary>An extern declaration, in a form that Roslyn can compare.</summary>
internal sealed record ExternFact(string TypeName, EquatableArray<ExternParameter> Parameters, int Inputs, FindingPlace Place)
{
    public static ExternFact Of(ExternOperation layer) => new(
        layer.Declaration.TypeName.Text,
        new EquatableArray<ExternParameter>(layer.Declaration.Parameters.Select(parameter => new ExternParameter(
            parameter.Name.Text, parameter.TypeText))),
        layer.Declaration.Inputs.Count,
        PlaceOf(layer));

    /// <summary>Where the file names the class.</summary>
    public static FindingPlace PlaceOf(ExternOperation layer) => FindingPlace.Of(layer.Source.At(layer.Declaration.TypeName.Span));
}
