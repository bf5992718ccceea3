using System;
using System.CommandLine;
using KnDsl.Samples.FashionMnist;
using KnDsl.Samples.FashionMnist.Data;
using KnDsl.Samples.FashionMnist.Study;
using Spectre.Console;

RootCommand command = Options.Command(options => Guarded(() => Comparison.Run(options, AnsiConsole.Console, Console.Out)));
command.Add(StudyOptions.Command(options => Guarded(() => StudyCommand.Run(options, AnsiConsole.Console, Console.Out))));
command.Add(WorkerProcess.Command());
return command.Parse(args).Invoke();

// What a user can mend is said in a line, without a stack trace.
static int Guarded(Func<int> run)
{
    try
    {
        return run();
    }
    catch (Exception e) when (e is DataException or StudyException)
    {
        Console.Error.WriteLine(e.Message);
        return 1;
    }
}
