using System;
using KnDsl.Samples.FashionMnist.Data;
using KnDsl.Samples.Study;
using KnDsl.Samples.Study.Trials;
using Spectre.Console;

var command = StudyOptions.Command(Run);
command.Add(WorkerProcess.Command());
return command.Parse(args).Invoke();

// A problem that the user can fix is reported in one line, without a stack trace.
static int Run(StudyOptions options)
{
    try
    {
        return StudyJob.Run(options, AnsiConsole.Console, Console.Out);
    }
    catch (Exception e) when (e is DataException or StudyException)
    {
        Console.Error.WriteLine(e.Message);
        return 1;
    }
}
