using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>Scales gradients down to a norm.</summary>
internal static class GradientClipping
{
    /// <summary>Clips the gradient of some parameters as a whole (torch.nn.utils.clip_grad_norm_).</summary>
    /// <param name="parameters">The parameters; those without a gradient are left out.</param>
    /// <param name="most">The greatest norm.</param>
    /// <param name="notFinite">Whose gradient is not finite.</param>
    /// <returns>The norm before; null where it is not finite, and then gradients are useless.</returns>
    public static double? Clip(IReadOnlyList<NamedParameter> parameters, double most, out string notFinite)
    {
        notFinite = "";
        var trained = parameters.Where(parameter => parameter.Parameter.grad is not null).ToArray();
        var norm = nn.utils.clip_grad_norm_(trained.Select(parameter => parameter.Parameter), most);
        if (double.IsFinite(norm))
            return norm;
        var found = trained.FirstOrDefault(parameter => !NonFiniteSearch.IsFinite(parameter.Parameter.grad!))?.Name;
        notFinite = found is null ? "the parameters" : $"'{found}'";
        return null;
    }
}
