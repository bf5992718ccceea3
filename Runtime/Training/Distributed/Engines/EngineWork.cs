using System;

namespace KnDsl.Training;

/// <summary>One operation that an engine was given.</summary>
internal abstract class EngineWork : IDisposable
{
    /// <summary>Whether it has ended, well or not.</summary>
    public abstract bool IsCompleted { get; }

    /// <summary>Why it failed; null while it goes on, and if it ended well.</summary>
    public abstract string? Failure { get; }

    /// <summary>Gives it up: nobody waits for it any more, and what it reads and writes must stay.</summary>
    public virtual void Abort()
    {
    }

    /// <summary>Frees what it holds; only after it has ended.</summary>
    public abstract void Dispose();
}
