using System;

namespace KnDsl.Language.Checking;

/// <summary>Thrown to leave the check of a module that grows beyond all bounds; caught where it began.</summary>
internal sealed class TooLargeException : Exception;

/// <summary>Counts stages and turns, so that an exponential nest or a slip of the pen ends soon.</summary>
internal sealed class StageBudget
{
    private int _turns;

    /// <summary>The stages so far, those of blocks inside counted.</summary>
    public int Stages { get; private set; }

    /// <exception cref="TooLargeException">There are more than any network has.</exception>
    public void AddStages(int stages)
    {
        Stages += stages;
        if (Stages > ModelContext.MaxStages)
            throw new TooLargeException();
    }

    /// <summary>Counts a turn of a loop that is unrolled: one without stages costs time too.</summary>
    /// <exception cref="TooLargeException">There are more than any network has.</exception>
    public void AddTurn()
    {
        if (_turns++ > ModelContext.MaxStages)
            throw new TooLargeException();
    }
}
