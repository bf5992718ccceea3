using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>
/// The setting of what a program computes on. A property of this type with <see cref="FlattenAttribute"/> gives a record of settings
/// <c>--device</c>.
/// </summary>
public record DeviceSettings
{
    /// <summary><c>cpu</c>, <c>cuda</c>, or <c>auto</c>.</summary>
    [Description("cpu, cuda, or auto: cuda where there is one"), MayChange]
    [AllowedValues("cpu", "cuda", "auto")]
    public string Device { get; init; } = "auto";

    /// <inheritdoc cref="ComputeDevice.Choose"/>
    public Device Choose() => ComputeDevice.Choose(Device);
}
