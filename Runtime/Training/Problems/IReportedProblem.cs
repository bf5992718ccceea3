namespace KnDsl.Training;

/// <summary>
/// An exception whose message is for the user of a program: what is wrong, where, and what would be right. Programs report it in lines,
/// without a stack trace.
/// </summary>
public interface IReportedProblem;
