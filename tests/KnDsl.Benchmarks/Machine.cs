using System;
using System.Diagnostics;
using System.IO;
using System.Text.RegularExpressions;
using static TorchSharp.torch;

namespace KnDsl.Benchmarks;

/// <summary>The devices and processes of a benchmark.</summary>
internal static partial class Machine
{
    /// <summary>Whether it names a device: <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</summary>
    public static bool IsDevice(string? name) => name == "cpu" || name is not null && CudaName().IsMatch(name);

    /// <summary>The device of such a name, or null where there is none, which is printed.</summary>
    public static Device? Find(string name)
    {
        if (name == "cpu")
            return CPU;
        var device = new Device(name);
        if (cuda.is_available() && device.index < cuda.device_count())
            return device;
        Console.WriteLine(cuda.is_available()
            ? $"There is no {name}: this machine has {cuda.device_count()} CUDA devices. Nothing was measured."
            : $"There is no CUDA device here, or libtorch {__version__} was built without CUDA (docs/hosts.md). Nothing was measured.");
        return null;
    }

    public static string Describe(Device device) =>
        device.type == TorchSharp.DeviceType.CPU ? $"{get_num_threads()} threads" : $"{device}";

    /// <summary>A process of this program, whose output is read; it was started by dotnet or as the program itself.</summary>
    public static ProcessStartInfo ThisProgram(params string[] arguments)
    {
        var host = Environment.ProcessPath!;
        string[] program = Path.GetFileNameWithoutExtension(host) == "dotnet" ? [typeof(Machine).Assembly.Location] : [];
        return new(host, [.. program, .. arguments]) { RedirectStandardOutput = true };
    }

    [GeneratedRegex(@"^cuda(:\d{1,2})?$")]
    private static partial Regex CudaName();
}
