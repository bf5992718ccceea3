namespace KnDsl.Training;

/// <summary>What becomes of the items that are left where a data set does not divide by the number of ranks.</summary>
public enum Remainder
{
    /// <summary>The first items of the epoch's order are read twice, so that all ranks have equally many and no item is left out.</summary>
    Wrap,

    /// <summary>The last items of the epoch's order are left out.</summary>
    Drop,
}
