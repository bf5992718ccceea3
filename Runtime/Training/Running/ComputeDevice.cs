using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>The device of a training, as a setting <c>--device</c> names it.</summary>
public static class ComputeDevice
{
    /// <summary>The device of a name.</summary>
    /// <param name="name"><c>cpu</c>, <c>cuda</c>, or <c>auto</c>: CUDA where there is one, else the CPU.</param>
    /// <exception cref="SettingsException">It is <c>cuda</c>, and there is none.</exception>
    public static Device Choose(string name) => name switch
    {
        "cuda" when !cuda.is_available() => throw new SettingsException(
            "--device is cuda, and there is no CUDA device, or the program was not built with TorchBackend=cuda."),
        "cpu" => CPU,
        _ => cuda.is_available() ? CUDA : CPU,
    };
}
