using System;
using System.Runtime.CompilerServices;
using Snapshooter;
using Snapshooter.Xunit;

namespace KnDsl.Language.Tests;

/// <summary>
/// Compares with files in __snapshots__. A file that is missing fails the test, unless KNDSL_WRITE_SNAPSHOTS=1 says that
/// it is to be written; one that differs leaves what was found in __mismatch__ beside it.
/// </summary>
internal static class Snapshots
{
    [ModuleInitializer]
    internal static void Strict() => Environment.SetEnvironmentVariable(
        "SNAPSHOOTER_STRICT_MODE", Environment.GetEnvironmentVariable("KNDSL_WRITE_SNAPSHOTS") == "1" ? "false" : "true");

    /// <summary>Compares a text with the snapshot of this name, in __snapshots__ of a folder of this project.</summary>
    public static void Match(string text, string folder, string name) =>
        Snapshot.Match(text, new SnapshotFullName(name + ".snap", System.IO.Path.Combine(Places.ProjectFolder(), folder)));
}
