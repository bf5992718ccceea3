using System;
using System.ComponentModel.DataAnnotations;

namespace KnDsl.Samples.ImageNet;

/// <summary>A whole number must be a multiple of another.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class MultipleOfAttribute(int factor) : ValidationAttribute
{
    /// <summary>The other number.</summary>
    public int Factor { get; } = factor;

    /// <inheritdoc/>
    public override bool IsValid(object? value) => value is int number && number % Factor == 0;

    /// <inheritdoc/>
    public override string FormatErrorMessage(string name) => $"It must be a multiple of {Factor}.";
}
