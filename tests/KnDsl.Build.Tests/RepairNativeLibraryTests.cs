using System;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;
using Xunit;

namespace KnDsl.Build.Tests;

public sealed class RepairNativeLibraryTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("kndsl-repair-");
    private readonly RecordingEngine engine = new();

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void Writes_a_repaired_copy_where_the_host_lacks_the_version()
    {
        var source = Write("library.so", new ElfBuilder().Build());
        var before = File.ReadAllBytes(source);

        Assert.True(Run(source, Host("GLIBCXX_3.4.30")));

        Assert.Equal(before, File.ReadAllBytes(source));
        Assert.Equal(Weakening.AlreadyWeak, ElfImage.Parse(File.ReadAllBytes(Destination)).Weaken("libstdc++.so.6", ElfBuilder.Wanted));
        Assert.Empty(engine.Warnings);
        Assert.Equal([Destination], folder.GetDirectories("out").Single().GetFiles().Select(f => f.FullName));
    }

    [Fact]
    public void Writes_nothing_where_the_host_has_it_and_removes_what_an_older_host_needed()
    {
        var source = Write("library.so", new ElfBuilder().Build());
        Assert.True(Run(source, Host("GLIBCXX_3.4.30")));
        Assert.True(File.Exists(Destination));
        Assert.True(Run(source, Host(ElfBuilder.Wanted)));
        Assert.False(File.Exists(Destination));
    }

    [Fact]
    public void Repairs_for_another_system_when_asked()
    {
        var source = Write("library.so", new ElfBuilder().Build());
        Assert.True(Run(source, Host(ElfBuilder.Wanted), always: true));
        Assert.True(File.Exists(Destination));
    }

    [Fact]
    public void Repairs_where_the_host_cannot_be_examined()
    {
        var source = Write("library.so", new ElfBuilder().Build());
        Assert.True(Run(source, Write("libstdc++.so.6", "INPUT(libstdc++.so.6.0.30)"u8.ToArray())));
        Assert.True(File.Exists(Destination));
    }

    [Fact]
    public void Leaves_what_needs_no_repair()
    {
        var source = Write("library.so", new ElfBuilder { Flags = 2 }.Build());
        Assert.True(Run(source, Host("GLIBCXX_3.4.30")));
        Assert.False(File.Exists(Destination));
        Assert.Empty(engine.Warnings);
    }

    [Fact]
    public void Leaves_an_unexpected_file_and_says_why()
    {
        var source = Write("library.so", new ElfBuilder { Used = true }.Build());
        var host = Host("GLIBCXX_3.4.30");
        Assert.True(Run(source, host));
        Assert.False(File.Exists(Destination));
        var (code, message) = Assert.Single(engine.Warnings);
        Assert.Equal("KNB009", code);
        Assert.Contains(source, message, StringComparison.Ordinal);
        Assert.Contains("symbol 1 of version GLIBCXX_3.4.32 is in use", message, StringComparison.Ordinal);
        Assert.Contains($"{host} has no GLIBCXX_3.4.32", message, StringComparison.Ordinal);
    }

    [LinuxFact]
    public void Never_writes_through_a_hard_link()
    {
        var source = Write("library.so", new ElfBuilder().Build());
        var before = File.ReadAllBytes(source);
        Directory.CreateDirectory(Path.GetDirectoryName(Destination)!);
        Assert.Equal(0, Link(source, Destination));

        Assert.True(Run(source, Host("GLIBCXX_3.4.30")));

        Assert.Equal(before, File.ReadAllBytes(source));
        Assert.NotEqual(before, File.ReadAllBytes(Destination));
    }

    [Fact]
    public void Reports_a_missing_library()
    {
        Assert.False(Run(Path.Combine(folder.FullName, "nowhere.so"), Host("GLIBCXX_3.4.30")));
        Assert.Contains("nowhere.so", Assert.Single(engine.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void The_real_library_has_the_expected_form()
    {
        var package = Metadata("TorchSharpPackage");
        var original = File.ReadAllBytes(Path.Combine(package, "runtimes", "linux-x64", "native", "libLibTorchSharp.so"));
        byte[] repaired = [.. original];
        // Done, and not AlreadyWeak: the package's own file has never been written to.
        Assert.Equal(Weakening.Done, ElfImage.Parse(repaired).Weaken("libstdc++.so.6", ElfBuilder.Wanted));
        Assert.Equal(1, original.Zip(repaired, (a, b) => a != b).Count(different => different));
    }

    [Fact]
    public void The_real_library_loads_after_this_projects_own_build()
    {
        using var sum = torch.ones(2, 3).sum();
        Assert.Equal(6f, sum.item<float>());
    }

    private string Destination => Path.Combine(folder.FullName, "out", "library.so");

    private static string Metadata(string key) => typeof(RepairNativeLibraryTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;

    private string Write(string name, byte[] content)
    {
        var path = Path.Combine(folder.FullName, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    private string Host(string version) => Write("libstdc++.so.6", new ElfBuilder { Definitions = ["libstdc++.so.6", version] }.Build());

    private bool Run(string source, string host, bool always = false) => new RepairNativeLibrary
    {
        BuildEngine = engine,
        Source = source,
        Destination = Destination,
        Version = ElfBuilder.Wanted,
        HostLibrary = host,
        Always = always,
    }.Execute();

    [DllImport("libc", EntryPoint = "link", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int Link(string existing, string created);
}
