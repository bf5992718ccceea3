using System;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using KnDsl.Training;

namespace KnDsl.Samples.Study.Trials;

/// <summary>
/// A process that runs trials, one after the other: it reads a line for each and answers with the line of the result.
/// Several trainings in one process would disturb each other: TorchSharp passes a number to the native library as an object
/// that the garbage collector may free during the call, and another thread can cause a collection during a call.
/// </summary>
internal sealed class WorkerProcess : IDisposable
{
    private const string Name = "worker";

    private readonly Process process;
    private readonly StringBuilder errors = new();

    /// <summary>Starts the process.</summary>
    public WorkerProcess(StudyOptions options)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Study.exe" : "Study"))
        {
            ArgumentList =
            {
                Name,
                options.Data,
                options.Images.ToString(CultureInfo.InvariantCulture),
                options.Epochs.ToString(CultureInfo.InvariantCulture),
            },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The same runtime as this process has, wherever it is installed.
        var runtime = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        if (!start.Environment.ContainsKey("DOTNET_ROOT"))
            start.Environment["DOTNET_ROOT"] = runtime;
        process = Process.Start(start)!;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (errors)
                errors.AppendLine(line.Data);
        };
        process.BeginErrorReadLine();
    }

    /// <summary>The command that the process runs: it serves until its input ends.</summary>
    public static Command Command()
    {
        var data = new Argument<string>("data");
        var images = new Argument<int>("images");
        var epochs = new Argument<int>("epochs");
        var command = new Command(Name, "Runs trials for a study.") { data, images, epochs };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            ComputeThreads.Set(1);
            using var training = new TrialTraining(parsed.GetValue(data)!, parsed.GetValue(images), parsed.GetValue(epochs));
            while (Console.ReadLine() is { } line)
            {
                var trial = Trial.Read(line) ?? throw new StudyException($"'{line}' is not a trial.");
                Console.WriteLine(training.Run(trial).ToLine());
            }
            return 0;
        });
        return command;
    }

    /// <summary>Runs a trial in the process.</summary>
    /// <exception cref="StudyException">The process ended without a result.</exception>
    public TrialResult Run(Trial trial)
    {
        try
        {
            process.StandardInput.WriteLine(trial.ToLine());
            process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // The process has ended; reading its answer shows that.
        }

        if (process.StandardOutput.ReadLine() is { } line && TrialResult.Read(line) is { } result)
            return result;
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        lock (errors)
        {
            throw new StudyException(
                $"{trial} failed; the trials before it are kept, and the same command continues after them.{Environment.NewLine}{errors}");
        }
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }
}
