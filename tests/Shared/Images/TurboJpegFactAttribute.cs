using System;
using KnDsl.Training;
using Xunit;

namespace KnDsl.Tests;

/// <summary>A test of libturbojpeg, where the machine has it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TurboJpegFactAttribute : FactAttribute
{
    public TurboJpegFactAttribute()
    {
        if (!ImageDecoder.HasTurboJpeg)
            Skip = "libturbojpeg is not installed (Debian: apt-get install libturbojpeg0)";
    }
}
