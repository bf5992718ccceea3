using System;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>
/// The states of torch's own random generators. TorchSharp reaches that of the CPU only; those of CUDA devices begin anew at every
/// checkpoint, from the seed and the step, whether the training goes on in the same process or in another. So do those of all ranks but 0,
/// whose state no checkpoint holds.
/// </summary>
internal static class RandomStates
{
    /// <summary>The state of the CPU's generator, base64.</summary>
    public static string Read()
    {
        using var state = get_rng_state();
        return Convert.ToBase64String(state.data<byte>().ToArray());
    }

    /// <summary>Gives the CPU's generator a state.</summary>
    public static void Write(string text)
    {
        using var state = tensor(Convert.FromBase64String(text), ScalarType.Byte);
        set_rng_state(state);
    }

    /// <summary>Begins the generators anew that no checkpoint holds.</summary>
    public static void Begin(long seed, long step, int rank)
    {
        var start = unchecked((seed * 1_000_003 + step) * 1_000_003 + rank);
        if (rank > 0)
            manual_seed(start);
        else if (cuda.is_available())
            cuda.manual_seed_all(start);
    }
}
