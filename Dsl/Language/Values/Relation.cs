namespace KnDsl.Language.Values;

/// <summary>How two sizes must be to each other.</summary>
internal enum Relation
{
    Equal,
    MultipleOf,

    /// <summary>Equal, and the message says all: the numbers are turns of a loop.</summary>
    SameTurn,
}
