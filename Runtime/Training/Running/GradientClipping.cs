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
    /// <param name="notFinite">
    /// The parameter whose gradient is not finite; null where all are, though their norm may be too large for a number.
    /// </param>
    /// <returns>The norm before. Where it is not finite, gradients are useless.</returns>
    public static double Clip(IReadOnlyList<NamedParameter> parameters, double most, out string? notFinite)
    {
        var trained = parameters.Where(parameter => parameter.Parameter.grad is not null).ToArray();
        var norm = nn.utils.clip_grad_norm_(trained.Select(parameter => parameter.Parameter), most);
        notFinite = double.IsFinite(norm)
            ? null
            : trained.FirstOrDefault(parameter => !NonFiniteSearch.IsFinite(parameter.Parameter.grad!))?.Name;
        return norm;
    }
}
