using System;
using System.Runtime.CompilerServices;
using Snapshooter;
using Snapshooter.Xunit;

namespace KnDsl.Dsl.Tests;

/// <summary>
/// Compares with files in __snapshots__. A file that is missing fails the test, unless KNDSL_WRITE_SNAPSHOTS=1 says that
/// it is to be written; one that differs leaves what was found in __snapshots__/__mismatch__.
/// </summary>
internal static class Snapshots
{
    [ModuleInitializer]
    internal static void Strict() => Environment.SetEnvironmentVariable(
        "SNAPSHOOTER_STRICT_MODE", Environment.GetEnvironmentVariable("KNDSL_WRITE_SNAPSHOTS") == "1" ? "false" : "true");

    /// <summary>Compares a text with the snapshot of this name, beside the calling test class.</summary>
    public static void Match(string text, string name) => Snapshot.Match(text, new SnapshotFullName(name + ".snap", Folder()));

    private static string Folder([CallerFilePath] string path = "") => System.IO.Path.GetDirectoryName(path)!;
}
