using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Language.Operations.Contract;

/// <summary>Hints for arguments as torch.nn names them.</summary>
internal static class TorchArguments
{
    private static readonly Dictionary<string, string> Own = new()
    {
        ["kernel_size"] = "kernel", ["out_channels"] = "channels", ["out_features"] = "features", ["padding_mode"] = "mode",
        ["num_groups"] = "groups",
        ["output_size"] = "size", ["scale_factor"] = "factor", ["start_dim"] = "start", ["end_dim"] = "end", ["dim"] = "axis",
        ["upscale_factor"] = "factor", ["downscale_factor"] = "factor", ["filters"] = "channels", ["units"] = "features",
        ["pool_size"] = "kernel", ["strides"] = "stride", ["negative_slope"] = "slope", ["num_embeddings"] = "count",
        ["embedding_dim"] = "features", ["num_heads"] = "heads", ["nhead"] = "heads", ["dropout_rate"] = "p", ["rate"] = "p",
        ["ceil_mode"] = "ceil", ["count_include_pad"] = "count_padding", ["keepdim"] = "keep", ["keepdims"] = "keep", ["dims"] = "axes",
        ["dilation_rate"] = "dilation", ["use_bias"] = "bias", ["epsilon"] = "eps", ["window_size"] = "window", ["shift_size"] = "shift",
        ["chunks"] = "parts", ["min_val"] = "low", ["max_val"] = "high", ["lambd"] = "lambda", ["drop_prob"] = "p",
    };

    public static string? Hint(string name, IReadOnlyList<string> known) =>
        Own.TryGetValue(name, out var own) && known.Contains(own) ? $"Did you mean '{own}'?"
        : name == "dim" && known.Contains("axes") ? "Did you mean 'axes'?"
        : name is "in_channels" or "in_features" or "num_features" or "num_channels" or "embed_dim" or "normalized_shape" or "input_shape"
            or "in_planes" ? "Remove it: it follows from the input."
        : name == "norm" && known.Contains("policy") ? "Did you mean 'policy'?"
        : name == "activation" ? "Write the activation as a stage of its own: -> relu."
        : name is "device" or "dtype" ? "Remove it: the generated class takes it."
        : name == "name" ? "A name is written as a label before the stage: name: stage."
        : name == "inplace" ? "Remove it: memory is freed as soon as a value is no longer needed."
        : null;
}
