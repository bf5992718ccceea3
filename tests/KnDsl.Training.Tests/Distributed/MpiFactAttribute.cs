using System;
using Xunit;

namespace KnDsl.Training.Tests;

/// <summary>A test with the mpirun of one kind of MPI.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MpiFactAttribute : FactAttribute
{
    public MpiFactAttribute(string kind)
    {
        Skip = MpiInstallation.WhyNot(kind);
    }
}
