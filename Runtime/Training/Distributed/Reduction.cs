namespace KnDsl.Training;

/// <summary>What an all-reduce makes of the tensors of all processes, element by element.</summary>
public enum Reduction
{
    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>Their mean; of floating point tensors only.</summary>
    Mean,
}
