using System;
using System.Diagnostics;
using Xunit;

namespace KnDsl.Training.Tests;

/// <summary>A test with two network namespaces, which are two machines as far as their addresses go.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NamespacesFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Missing = new(FindMissing);

    public NamespacesFactAttribute()
    {
        Skip = Missing.Value;
    }

    private static string? FindMissing()
    {
        var name = $"kndsl-try-{Environment.ProcessId}";
        try
        {
            var (code, error) = Run("netns", "add", name);
            return code == 0 ? null : $"This host forbids network namespaces: {error.Trim()}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "There is no ip command (apt-get install iproute2).";
        }
        finally
        {
            try
            {
                Run("netns", "del", name);
            }
            catch (System.ComponentModel.Win32Exception)
            {
            }
        }
    }

    /// <summary>Runs ip.</summary>
    public static (int Code, string Error) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("ip", arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }
}
