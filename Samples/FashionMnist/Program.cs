using System;
using KnDsl.Samples.FashionMnist;
using Spectre.Console;

return Options.Command(options => Comparison.Run(options, AnsiConsole.Console, Console.Out)).Parse(args).Invoke();
