namespace System.Runtime.CompilerServices;

/// <summary>Lets a type take interpolated strings piece by piece for netstandard2.0, which lacks this marker.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
internal sealed class InterpolatedStringHandlerAttribute : Attribute;

/// <summary>Gives such a type another argument of the call, or with an empty name what is called.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class InterpolatedStringHandlerArgumentAttribute(string argument) : Attribute
{
    public string[] Arguments { get; } = [argument];
}
