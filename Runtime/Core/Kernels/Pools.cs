using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Pools of maps in 1, 2 or 3 spatial dimensions.</summary>
internal static class Pools
{
    public static Tensor Max(
        Tensor map, long[] kernel, long[] stride, long[] padding, long[]? dilation, bool ceilMode) => kernel.Length switch
        {
            1 => nn.functional.max_pool1d(map, kernel[0], stride[0], padding[0], dilation?[0] ?? 1, ceilMode),
            2 => nn.functional.max_pool2d(map, kernel, stride, padding, dilation, ceilMode),
            _ => nn.functional.max_pool3d(map, kernel, stride, padding, dilation, ceilMode),
        };

    public static Tensor Average(
        Tensor map, long[] kernel, long[] stride, long[] padding, bool ceilMode, bool countIncludePad) =>
        kernel.Length switch
        {
            1 => nn.functional.avg_pool1d(map, kernel[0], stride[0], padding[0], ceilMode, countIncludePad),
            2 => nn.functional.avg_pool2d(map, kernel, stride, padding, ceilMode, countIncludePad),
            _ => nn.functional.avg_pool3d(map, kernel, stride, padding, ceilMode, countIncludePad),
        };
}
