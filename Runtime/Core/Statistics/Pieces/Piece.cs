namespace KnDsl;

/// <summary>A straight line from one number to another: a part of a function.</summary>
internal readonly record struct Piece(double From, double To, double Slope, double Intercept);
