using System;
using KnDsl.Samples.Study;
using KnDsl.Samples.Study.Trials;
using Spectre.Console;

var command = StudyOptions.Command(options => StudyJob.Run(options, AnsiConsole.Console, Console.Out));
command.Add(WorkerProcess.Command());
return command.Parse(args).Invoke();
