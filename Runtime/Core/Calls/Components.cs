using System;
using System.Diagnostics.CodeAnalysis;

namespace KnDsl;

/// <summary>
/// What TorchSharp finds of a module by reflection. Publishing as native code, or trimmed, drops the fields and properties that no
/// code names; then a parameter that moves would be replaced in the module's lists alone. Constructors say that they are needed:
/// <c>[DynamicDependency(Components.Reflected, typeof(...))]</c>.
/// </summary>
public static class Components
{
    /// <summary>The members that <c>RegisterComponents()</c> and <c>to(...)</c> look for.</summary>
    public const DynamicallyAccessedMemberTypes Reflected = DynamicallyAccessedMemberTypes.PublicFields
        | DynamicallyAccessedMemberTypes.NonPublicFields | DynamicallyAccessedMemberTypes.PublicProperties;

    /// <summary>Keeps these members of a type, and of all that derive from the annotated one that says its type here.</summary>
    /// <param name="type">The type of a module.</param>
    internal static void Keep([DynamicallyAccessedMembers(Reflected)] Type type) => _ = type;
}
