using System;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.IO;

namespace KnDsl.Benchmarks;

/// <summary>A process of Python that trains the networks of networks.py and times itself.</summary>
internal sealed class PyTorchProcess : IDisposable
{
    private readonly Process _process;

    private PyTorchProcess(Process process, string versions) => (_process, Versions) = (process, versions);

    /// <summary>Of PyTorch and torchvision.</summary>
    public string Versions { get; }

    /// <summary>Starts it.</summary>
    /// <param name="python">The interpreter, <c>/usr/bin/python3</c> where Debian's python3-torch is installed.</param>
    /// <param name="threads">The threads that PyTorch computes with.</param>
    /// <param name="device">Where it computes.</param>
    /// <returns>Null where the interpreter, PyTorch or torchvision is missing.</returns>
    public static PyTorchProcess? Start(string python, int threads, string device)
    {
        var script = Path.Combine(Repository.Root, "tests", "KnDsl.Benchmarks", "PyTorch", "networks.py");
        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo(python, [script, threads.ToString(CultureInfo.InvariantCulture), device])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (Win32Exception)
        {
            return null;
        }

        if (process.StandardOutput.ReadLine() is { } versions)
        {
            // Warnings of the interpreter would fill the pipe.
            process.BeginErrorReadLine();
            return new(process, versions);
        }

        var error = process.StandardError.ReadToEnd();
        process.Dispose();
        return error.Contains("ModuleNotFoundError", StringComparison.Ordinal) ? null : throw new InvalidOperationException(error);
    }

    /// <summary>Makes a network, which the next times are of.</summary>
    /// <returns>The number of its parameters' values.</returns>
    public long Create(string network, long batch) => (long)Ask($"network {network} {batch}");

    /// <summary>Seconds of so many steps.</summary>
    /// <param name="what"><c>training</c> or <c>inference</c>.</param>
    /// <param name="count">The steps.</param>
    public double Time(string what, int count) => Ask($"{what} {count}");

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private double Ask(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
        var answer = _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException($"PyTorch's process ended at '{line}'.");
        return double.Parse(answer, CultureInfo.InvariantCulture);
    }
}
