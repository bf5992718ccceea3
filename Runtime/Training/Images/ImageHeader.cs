namespace KnDsl.Training;

/// <summary>What a file says of the image in it.</summary>
/// <param name="Format">Its kind.</param>
/// <param name="Width">Pixels in a row.</param>
/// <param name="Height">Rows.</param>
internal readonly record struct ImageHeader(ImageFormat Format, int Width, int Height);
