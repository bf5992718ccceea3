using System;
using KnDsl.Training;

namespace KnDsl.Samples.FashionMnist.Data;

/// <summary>A data file is missing or damaged. The message names the file and says what is wrong with it.</summary>
internal sealed class DataException(string path, string problem) : Exception($"{path}: {problem}"), IReportedProblem;
