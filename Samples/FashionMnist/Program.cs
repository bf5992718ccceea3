using System;
using KnDsl.Samples.FashionMnist;
using KnDsl.Samples.FashionMnist.Data;
using Spectre.Console;

return Options.Command(Run).Parse(args).Invoke();

// A problem that the user can fix is reported in one line, without a stack trace.
static int Run(Options options)
{
    try
    {
        return Comparison.Run(options, AnsiConsole.Console, Console.Out);
    }
    catch (DataException e)
    {
        Console.Error.WriteLine(e.Message);
        return 1;
    }
}
