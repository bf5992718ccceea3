using System;
using System.IO;

namespace KnDsl.Tests;

/// <summary>The repository in whose output folders the tests run.</summary>
internal static class Repository
{
    /// <summary>The folder that holds KnDsl.sln.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>The cases that several test projects read: forms of the language, published networks, errors.</summary>
    public static string Cases { get; } = Path.Combine(Root, "tests", "Cases");

    private static string Find(string folder) =>
        File.Exists(Path.Combine(folder, "KnDsl.sln")) ? folder
        : Find(Directory.GetParent(folder)?.FullName
            ?? throw new DirectoryNotFoundException(
                $"No folder above {AppContext.BaseDirectory} holds KnDsl.sln: this runs inside the repository."));
}
