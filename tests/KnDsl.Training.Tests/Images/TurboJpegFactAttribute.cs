using System;
using Xunit;

namespace KnDsl.Training.Tests.Images;

/// <summary>A test of libturbojpeg, where the machine has it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TurboJpegFactAttribute : FactAttribute
{
    public TurboJpegFactAttribute()
    {
        if (!ImageDecoder.HasTurboJpeg)
            Skip = "libturbojpeg is not installed (Debian: apt-get install libturbojpeg0)";
    }
}
