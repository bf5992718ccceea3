namespace KnDsl.Language.Values;

/// <summary>How two sizes must be to each other.</summary>
internal enum Relation
{
    Equal,
    NotEqual,
    MultipleOf,

    /// <summary>Equal, or one of them is 1 and is repeated.</summary>
    Repeatable,

    /// <summary>Equal, and the message says all: the numbers are turns of a loop.</summary>
    SameTurn,
}
