using System;

namespace KnDsl.Language.Diagnostics;

/// <summary>Whether the walk through a file is inside of something: entered with <c>using</c>, perhaps several times.</summary>
internal sealed class Nesting : IDisposable
{
    private int _depth;

    public bool IsInside => _depth > 0;

    public IDisposable Enter()
    {
        _depth++;
        return this;
    }

    void IDisposable.Dispose() => _depth--;
}
