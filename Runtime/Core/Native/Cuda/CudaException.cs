using System;

namespace KnDsl;

/// <summary>CUDA's driver or compiler refused something.</summary>
/// <param name="message">What, and its own words.</param>
internal sealed class CudaException(string message) : Exception(message);
