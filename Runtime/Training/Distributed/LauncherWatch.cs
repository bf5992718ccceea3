using System;
using System.Globalization;
using System.IO;
using System.Threading;

namespace KnDsl.Training;

/// <summary>Ends a process that <see cref="ProcessLauncher"/> started when the launcher is gone, however that ended.</summary>
internal static class LauncherWatch
{
    /// <summary>The variable that tells a process its launcher's number.</summary>
    public const string Variable = "KNDSL_LAUNCHER";

    /// <summary>What a shell gives for a process that lost its terminal.</summary>
    private const int ExitCode = 129;

    private static readonly Lazy<Timer?> Watch = new(Create);

    /// <summary>Starts to watch, if a launcher started this process.</summary>
    public static void Start() => _ = Watch.Value;

    private static Timer? Create()
    {
        if (!OperatingSystem.IsLinux()
            || !int.TryParse(Environment.GetEnvironmentVariable(Variable), CultureInfo.InvariantCulture, out var launcher))
        {
            return null;
        }

        var interval = TimeSpan.FromSeconds(2);
        return new(
            _ =>
            {
                if (!Directory.Exists($"/proc/{launcher}"))
                    Environment.Exit(ExitCode);
            },
            null, interval, interval);
    }
}
