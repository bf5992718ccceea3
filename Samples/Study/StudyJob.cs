using System.IO;
using KnDsl.Samples.FashionMnist.Data;
using KnDsl.Samples.Study.Data;
using KnDsl.Samples.Study.Reports;
using KnDsl.Samples.Study.Trials;
using KnDsl.Training;
using Spectre.Console;

namespace KnDsl.Samples.Study;

/// <summary>The job of the program: every normalization against the number of images per statistic.</summary>
internal static class StudyJob
{
    /// <summary>Runs the study, or continues one that was interrupted.</summary>
    /// <param name="options">The contestants, and how to train them.</param>
    /// <param name="console">Shows progress and the table.</param>
    /// <param name="output">Receives the lines that scripts read.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="DataException">A data file is missing or damaged.</exception>
    /// <exception cref="RunFileException">The folder holds another study, or cannot be written.</exception>
    /// <exception cref="StudyException">A training failed.</exception>
    public static int Run(StudyOptions options, IAnsiConsole console, TextWriter output)
    {
        // Problems with the data are reported before anything begins.
        StudyData.Check(options.Data);
        var folder = Path.GetFullPath(options.Output);
        RunFileException.MakeFolder(folder);
        var log = new ResultLog<Trial, TrialResult>(Path.Combine(folder, "trials.csv"), options.Settings, TrialResult.Format);

        if (!options.OnlyReports)
        {
            output.WriteLine($"{options.Settings}; {options.Workers} trainings at a time; kept in {folder}");
            StudyProgress.Follow(console, output, options.Plan, log, options.Workers, finished =>
                new TrialRunner(options, log).Run(finished));
        }

        var entries = Entry.All(options.Plan, log);
        StudyReport.Save(Path.Combine(folder, "study.md"), entries, options);
        StudyPicture.SaveAll(folder, entries);
        StudyReport.Show(console, entries);
        output.WriteLine($"Tables, pictures and trials are in {folder}");
        return 0;
    }
}
