using System;

namespace KnDsl.Training;

/// <summary>Settings name a part that the network does not have; the message says which parts it has.</summary>
/// <param name="message">The message.</param>
public sealed class UnknownPartException(string message) : ArgumentException(message), IReportedProblem;
