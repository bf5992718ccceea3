using System;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using KnDsl.Samples.FashionMnist.Training;

namespace KnDsl.Samples.Study;

/// <summary>
/// A process that makes trials, one after the other: it reads a line for each and answers with the result's line. Several
/// trainings in one process would also disturb each other: TorchSharp hands a number to the native library as an object that
/// the garbage collector may free during the call, and a collection in the midst of a call is another thread's.
/// </summary>
internal sealed class WorkerProcess : IDisposable
{
    private const string Name = "worker";

    private readonly Process process;
    private readonly StringBuilder errors = new();

    /// <summary>Starts it.</summary>
    public WorkerProcess(StudyOptions options)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Study.exe" : "Study"))
        {
            ArgumentList =
            {
                Name, options.Data, options.Images.ToString(CultureInfo.InvariantCulture), options.Epochs.ToString(CultureInfo.InvariantCulture),
            },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The runtime that this process has, wherever it is installed.
        string runtime = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        if (!start.Environment.ContainsKey("DOTNET_ROOT")) start.Environment["DOTNET_ROOT"] = runtime;
        process = Process.Start(start)!;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (errors) errors.AppendLine(line.Data);
        };
        process.BeginErrorReadLine();
    }

    /// <summary>The process's side: serves until its input ends.</summary>
    public static Command Command()
    {
        var data = new Argument<string>("data");
        var images = new Argument<int>("images");
        var epochs = new Argument<int>("epochs");
        var command = new Command(Name, "Makes trials for a study.") { data, images, epochs };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            Threads.Set(1);
            using var read = StudyData.Open(parsed.GetValue(data)!, parsed.GetValue(images));
            var training = new TrialTraining(read, parsed.GetValue(epochs));
            while (Console.ReadLine() is { } line)
                Console.WriteLine(training.Make(Trial.Read(line) ?? throw new StudyException($"'{line}' is no trial.")).ToLine());
            return 0;
        });
        return command;
    }

    /// <summary>Makes a trial.</summary>
    /// <exception cref="StudyException">The process ended without a result.</exception>
    public TrialResult Make(Trial trial)
    {
        try
        {
            process.StandardInput.WriteLine(trial.ToLine());
            process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has ended, which the answer tells.
        }

        if (process.StandardOutput.ReadLine() is { } line && TrialResult.Read(line) is { } result) return result;
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        lock (errors)
            throw new StudyException($"{trial} failed; the trials before it are kept, and the same command goes on with them.{Environment.NewLine}{errors}");
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }
}
