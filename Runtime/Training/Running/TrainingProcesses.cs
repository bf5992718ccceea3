using System;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>A training in this process, or in several that are copies of this program.</summary>
public static class TrainingProcesses
{
    /// <summary>
    /// Runs a training. Where several processes are asked for and this is none of them, it starts copies of this program with its own
    /// arguments (<see cref="ProcessLauncher"/>) and waits for them.
    /// </summary>
    /// <param name="count">How many processes on this machine; 1 is this one alone, unless something else started it beside others.</param>
    /// <param name="device">
    /// <c>cpu</c>, <c>cuda</c> or <c>auto</c>, see <see cref="ComputeDevice"/>; of several CUDA devices each process takes its own.
    /// </param>
    /// <param name="training">Trains on a device, with the processes that train together, and returns the exit code.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="SettingsException">The device is <c>cuda</c>, and there is none.</exception>
    /// <exception cref="DistributedException">The processes did not come together.</exception>
    public static int Run(int count, string device, Func<Device, ProcessGroup, int> training)
    {
        ArgumentNullException.ThrowIfNull(training);
        if (count > 1 && !ProcessLauncher.IsLaunched)
            return ProcessLauncher.Run(count, Environment.GetCommandLineArgs()[1..]);

        var chosen = ComputeDevice.Choose(device);
        using var processes = ProcessGroup.Create(new ProcessGroupOptions { Device = chosen });
        return training(chosen.type == DeviceType.CUDA ? new Device(DeviceType.CUDA, processes.LocalRank) : chosen, processes);
    }

    /// <summary>Runs a training with the processes and the device that settings name.</summary>
    /// <param name="settings">The settings.</param>
    /// <inheritdoc cref="Run(int, string, Func{Device, ProcessGroup, int})"/>
    /// <param name="training">Trains on a device, with the processes that train together, and returns the exit code.</param>
    public static int Run(RunSettings settings, Func<Device, ProcessGroup, int> training)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return Run(settings.Processes, settings.Device, training);
    }
}
