using System;
using System.IO;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>The weights of a checkpoint, for whoever evaluates or uses the network.</summary>
public static class CheckpointWeights
{
    /// <summary>
    /// Loads the moving averages that were kept beside a checkpoint's weights, if there are some
    /// (<see cref="TrainerSettings.AverageDecay"/>): with them the network was evaluated. Call it after <c>load_weights</c>, since
    /// buffers, such as the running averages of norms, are not among them.
    /// </summary>
    /// <param name="module">The network.</param>
    /// <param name="weights">The <c>weights.safetensors</c> that was loaded. Of another file there are no averages.</param>
    /// <param name="addPrefix">What the network's names begin with and the file's do not, as in <c>load_weights</c>.</param>
    /// <returns>Whether there were averages.</returns>
    /// <exception cref="WeightsException">The file is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool load_average(this nn.Module module, string weights, string addPrefix = "")
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(weights);
        var averages = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(weights))!, CheckpointStore.Average);
        if (Path.GetFileName(weights) != CheckpointStore.Weights || !File.Exists(averages))
            return false;
        module.load_weights(averages, strict: false, addPrefix: addPrefix);
        return true;
    }
}
