using System;
using System.CommandLine;
using KnDsl.Samples.FashionMnist;
using KnDsl.Samples.FashionMnist.Data;
using Spectre.Console;

RootCommand command = Options.Command(options =>
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
});
return command.Parse(args).Invoke();
