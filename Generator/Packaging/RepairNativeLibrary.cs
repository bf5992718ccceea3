using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

// Compiled twice: by MSBuild when a project is built (RoslynCodeTaskFactory, see KnDsl.targets, against
// netstandard2.0), and by tests/KnDsl.Build.Tests.
#nullable enable

namespace KnDsl.Build;

/// <summary>
/// Lets TorchSharp's native library load on systems whose C++ runtime is older than the one it was linked with.
/// </summary>
/// <remarks>
/// The library names a version of libstdc++ (GLIBCXX_3.4.32, GCC 13) from which it uses nothing; the loader refuses
/// it all the same. Marking that one requirement as weak is what a linker would have done had it known. The task
/// writes a repaired copy and leaves its input alone: that one lies in the NuGet cache.
/// </remarks>
public sealed class RepairNativeLibrary : Task
{
    /// <summary>The library as it lies in its package.</summary>
    [Required]
    public string Source { get; set; } = "";

    /// <summary>Where the repaired copy goes. No file is left there if no repair is needed or possible.</summary>
    [Required]
    public string Destination { get; set; } = "";

    /// <summary>The version that may be missing on the host.</summary>
    [Required]
    public string Version { get; set; } = "";

    /// <summary>Repair whatever the host has, for a program that is to run elsewhere.</summary>
    public bool Always { get; set; }

    /// <summary>The host's C++ runtime; empty to look for it.</summary>
    public string HostLibrary { get; set; } = "";

    /// <inheritdoc />
    public override bool Execute()
    {
        try
        {
            var needed = Always ? "the build asks for it" : WhyNeeded();
            var repaired = needed is null ? null : Repair(needed);
            if (repaired is not null)
            {
                Replace(Destination, repaired);
            }
            else if (File.Exists(Destination))
            {
                File.Delete(Destination);
            }
        }
        catch (Exception e) when (e is IOException || e is UnauthorizedAccessException)
        {
            Log.LogError("KnDsl could not repair {0}: {1}", Source, e.Message);
        }
        return !Log.HasLoggedErrors;
    }

    /// <summary>Why a repair is needed on this host; null if it is not.</summary>
    private string? WhyNeeded()
    {
        var host = HostLibrary.Length > 0 ? HostLibrary : HostRuntime.Find();
        if (host is null)
        {
            return "this system's libstdc++.so.6 was not found";
        }
        try
        {
            return ElfImage.Parse(File.ReadAllBytes(host)).Defines(Version) ? null : $"{host} has no {Version}";
        }
        catch (ElfFormatException e)
        {
            return $"{host} could not be examined ({e.Message})";
        }
    }

    private byte[]? Repair(string why)
    {
        var bytes = File.ReadAllBytes(Source);
        try
        {
            switch (ElfImage.Parse(bytes).Weaken("libstdc++.so.6", Version))
            {
                case Weakening.Done:
                    Log.LogMessage(
                        MessageImportance.Normal, "KnDsl: {0} made optional in a copy of {1}, as {2}.", Version, Source, why);
                    return bytes;
                case Weakening.AlreadyWeak:
                    Log.LogMessage(MessageImportance.Low, "KnDsl: {0} is optional in {1} already.", Version, Source);
                    return null;
                default:
                    Log.LogMessage(MessageImportance.Low, "KnDsl: {0} does not ask for {1}.", Source, Version);
                    return null;
            }
        }
        catch (ElfFormatException e)
        {
            Log.LogWarning(
                subcategory: null, warningCode: "KNB009", helpKeyword: null, file: null,
                lineNumber: 0, columnNumber: 0, endLineNumber: 0, endColumnNumber: 0,
                message: "KnDsl left {0} as it is: {1}. It may fail to load here, as {2}. "
                + "Set the property KnDslNativeRepair to 'never' if it loads.",
                Source, e.Message, why);
            return null;
        }
    }

    /// <summary>Writes a new file and renames it, so that no other name (hard link) of an old one sees the change.</summary>
    private static void Replace(string path, byte[] content)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        var temporary = Path.Combine(folder, Path.GetFileName(path) + "." + Guid.NewGuid().ToString("N"));
        try
        {
            File.WriteAllBytes(temporary, content);
            // netstandard2.0 has no overwriting Move, and Replace wants the target to exist.
            if (File.Exists(path))
            {
                File.Replace(temporary, path, null);
            }
            else
            {
                File.Move(temporary, path);
            }
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}

/// <summary>Finds the C++ runtime that a .NET process loads on this system.</summary>
internal static class HostRuntime
{
    private const string Name = "libstdc++.so.6";

    private static readonly string[] Folders =
    {
        "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu",
        "/usr/lib64", "/lib64", "/usr/lib", "/lib",
    };

    /// <summary>The file's path, or null.</summary>
    public static string? Find()
    {
        // What this very process has loaded is what a TorchSharp program will get.
        foreach (var line in ReadLines("/proc/self/maps"))
        {
            var path = line.IndexOf('/');
            if (path >= 0 && Path.GetFileName(line.Substring(path)).StartsWith(Name, StringComparison.Ordinal)
                && File.Exists(line.Substring(path)))
            {
                return line.Substring(path);
            }
        }
        foreach (var folder in Folders)
        {
            var path = Path.Combine(folder, Name);
            if (File.Exists(path))
            {
                return path;
            }
        }
        return null;
    }

    private static string[] ReadLines(string path) => File.Exists(path) ? File.ReadAllLines(path) : Array.Empty<string>();
}

/// <summary>What <see cref="ElfImage.Weaken"/> found.</summary>
internal enum Weakening
{
    /// <summary>The file does not ask for that version.</summary>
    NotAsked,

    /// <summary>It asks for it, weakly.</summary>
    AlreadyWeak,

    /// <summary>It asked for it, and does so weakly now.</summary>
    Done,
}

/// <summary>The file is no ELF file, or not one of the form that is understood here.</summary>
internal sealed class ElfFormatException : Exception
{
    public ElfFormatException(string message)
        : base(message)
    {
    }
}

/// <summary>The symbol versions of an ELF file of either class and byte order. Every access is checked.</summary>
internal sealed class ElfImage
{
    private const uint TypeRela = 4, TypeRel = 9;
    private const uint TypeStrings = 3, TypeVersionDefinitions = 0x6ffffffd, TypeVersionNeeds = 0x6ffffffe;
    private const uint TypeSymbolVersions = 0x6fffffff;
    private const int FlagWeak = 2;

    private readonly byte[] bytes;
    private readonly bool wide;
    private readonly bool bigEndian;
    private readonly List<Section> sections = new List<Section>();

    private ElfImage(byte[] bytes)
    {
        this.bytes = bytes;
        if (bytes.Length < 16 || bytes[0] != 0x7f || bytes[1] != 'E' || bytes[2] != 'L' || bytes[3] != 'F')
        {
            throw new ElfFormatException("it is not an ELF file");
        }
        wide = bytes[4] switch
        {
            1 => false,
            2 => true,
            _ => throw new ElfFormatException($"its ELF class is {bytes[4]}, which is neither 32 nor 64 bits"),
        };
        bigEndian = bytes[5] switch
        {
            1 => false,
            2 => true,
            _ => throw new ElfFormatException($"its byte order is {bytes[5]}, which is neither little nor big endian"),
        };
        if (bytes[6] != 1)
        {
            throw new ElfFormatException($"its ELF version is {bytes[6]}, not 1");
        }
        ReadSections();
    }

    /// <summary>Reads a file's section table.</summary>
    /// <param name="bytes">The whole file; <see cref="Weaken"/> changes it in place.</param>
    /// <exception cref="ElfFormatException">It is not an ELF file of a known form.</exception>
    public static ElfImage Parse(byte[] bytes) => new ElfImage(bytes);

    /// <summary>Whether the library offers a symbol version.</summary>
    public bool Defines(string version)
    {
        if (Single(TypeVersionDefinitions, "version definitions") is not Section definitions)
        {
            return false;
        }
        var names = Strings(definitions);
        long at = 0;
        for (uint i = 0; i < definitions.Info; i++)
        {
            Require(Half(definitions, at) == 1, "a version definition is of an unknown revision");
            // The first name of a definition is its own, the others are its predecessors.
            Require(Half(definitions, at + 6) > 0, "a version definition has no name");
            if (Text(names, Word(definitions, at + Word(definitions, at + 12))) == version)
            {
                return true;
            }
            at = Next(at, Word(definitions, at + 16), last: i + 1 == definitions.Info);
        }
        return false;
    }

    /// <summary>Makes the requirement of one version of one library weak, in place.</summary>
    /// <exception cref="ElfFormatException">The tables are not as expected, or the version is in use.</exception>
    public Weakening Weaken(string library, string version)
    {
        if (Single(TypeVersionNeeds, "version requirements") is not Section needs)
        {
            return Weakening.NotAsked;
        }
        var names = Strings(needs);
        long found = -1;
        long at = 0;
        for (uint i = 0; i < needs.Info; i++)
        {
            Require(Half(needs, at) == 1, "a version requirement is of an unknown revision");
            var count = Half(needs, at + 2);
            var sought = Text(names, Word(needs, at + 4)) == library;
            var entry = at + Word(needs, at + 8);
            for (var j = 0; j < count; j++)
            {
                var sameHash = Word(needs, entry) == Hash(version);
                var sameName = Text(names, Word(needs, entry + 8)) == version;
                Require(sameHash == sameName, "the name and the hash of a required version disagree");
                if (sought && sameName)
                {
                    Require(found < 0, $"{version} is required twice");
                    found = entry;
                }
                entry = Next(entry, Word(needs, entry + 12), last: j + 1 == count);
            }
            at = Next(at, Word(needs, at + 12), last: i + 1 == needs.Info);
        }
        if (found < 0)
        {
            return Weakening.NotAsked;
        }
        var flags = Half(needs, found + 4);
        if (flags == FlagWeak)
        {
            return Weakening.AlreadyWeak;
        }
        Require(flags == 0, $"the requirement of {version} has the unexpected flags {flags}");
        RequireUnused(Half(needs, found + 6), version);
        PutHalf(needs, found + 4, FlagWeak);
        return Weakening.Done;
    }

    /// <summary>A symbol that is bound to the version would be missing at run time: then a repair hides the true fault.</summary>
    private void RequireUnused(int index, string version)
    {
        var versions = Single(TypeSymbolVersions, "symbol versions")
            ?? throw new ElfFormatException("it requires symbol versions and has no table of them");
        for (var i = 0; i < sections.Count; i++)
        {
            var relocations = sections[i];
            if ((relocations.Type != TypeRela && relocations.Type != TypeRel) || relocations.Link != versions.Link)
            {
                continue;
            }
            long size = (wide ? 16 : 8) + (relocations.Type == TypeRel ? 0 : wide ? 8 : 4);
            for (long at = 0; at < relocations.Size; at += size)
            {
                var symbol = wide ? (long)(Long(relocations, at + 8) >> 32) : Word(relocations, at + 4) >> 8;
                Require((Half(versions, 2 * symbol) & 0x7fff) != index, $"symbol {symbol} of version {version} is in use");
            }
        }
    }

    /// <summary>The hash of a version's name (System V ABI).</summary>
    public static uint Hash(string name)
    {
        uint hash = 0;
        foreach (var c in Encoding.ASCII.GetBytes(name))
        {
            hash = (hash << 4) + c;
            var high = hash & 0xf0000000;
            hash ^= high >> 24;
            hash &= ~high;
        }
        return hash;
    }

    private void ReadSections()
    {
        var file = new Section(0, 0, bytes.Length, 0, 0);
        var table = wide ? Offset(Long(file, 40)) : Word(file, 32);
        long size = Half(file, wide ? 58 : 46);
        long count = Half(file, wide ? 60 : 48);
        Require(table != 0, "it has no section headers");
        Require(size >= (wide ? 64 : 40), $"its section headers have {size} bytes");
        if (count == 0)
        {
            // More than 65,279 sections: the first, otherwise unused, holds their number.
            count = wide ? Offset(Long(file, table + 32)) : Word(file, table + 20);
        }
        Require(count <= (bytes.Length - table) / size, "its section headers reach beyond its end");
        for (long i = 0, at = table; i < count; i++, at += size)
        {
            var type = Word(file, at + 4);
            sections.Add(wide
                ? new Section(type, Offset(Long(file, at + 24)), Offset(Long(file, at + 32)), Word(file, at + 40), Word(file, at + 44))
                : new Section(type, Word(file, at + 16), Word(file, at + 20), Word(file, at + 24), Word(file, at + 28)));
        }
    }

    private Section? Single(uint type, string what)
    {
        Section? found = null;
        foreach (var section in sections)
        {
            if (section.Type == type)
            {
                Require(found is null, $"it has several sections of {what}");
                found = section;
            }
        }
        return found;
    }

    private Section Strings(Section of)
    {
        Require(of.Link < sections.Count, "a section names a section that does not exist");
        var strings = sections[(int)of.Link];
        Require(strings.Type == TypeStrings, "the names of its versions are in no string table");
        return strings;
    }

    private static long Next(long at, uint step, bool last)
    {
        Require(last == (step == 0), "a list of versions does not end where its count says");
        return at + step;
    }

    private string Text(Section section, long at)
    {
        var start = Check(section, at, 1);
        var end = start;
        while (bytes[end] != 0)
        {
            end = Check(section, end + 1 - section.Start, 1);
        }
        return Encoding.ASCII.GetString(bytes, (int)start, (int)(end - start));
    }

    private int Half(Section section, long at)
    {
        var i = Check(section, at, 2);
        return bigEndian ? (bytes[i] << 8) | bytes[i + 1] : bytes[i] | (bytes[i + 1] << 8);
    }

    private void PutHalf(Section section, long at, int value)
    {
        var i = Check(section, at, 2);
        bytes[bigEndian ? i + 1 : i] = (byte)value;
        bytes[bigEndian ? i : i + 1] = (byte)(value >> 8);
    }

    private uint Word(Section section, long at)
    {
        var low = (uint)Half(section, bigEndian ? at + 2 : at);
        var high = (uint)Half(section, bigEndian ? at : at + 2);
        return (high << 16) | low;
    }

    private ulong Long(Section section, long at)
    {
        ulong low = Word(section, bigEndian ? at + 4 : at);
        ulong high = Word(section, bigEndian ? at : at + 4);
        return (high << 32) | low;
    }

    /// <summary>An offset into the file, or one that every later check refuses.</summary>
    private static long Offset(ulong value) => value > int.MaxValue ? int.MaxValue : (long)value;

    private long Check(Section section, long at, int length)
    {
        Require(at >= 0 && at + length <= section.Size, "a table of it reaches beyond its section");
        var start = section.Start + at;
        Require(start + length <= bytes.Length, "a section of it reaches beyond its end (is it truncated?)");
        return start;
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new ElfFormatException(otherwise);
        }
    }

    private sealed class Section
    {
        public Section(uint type, long start, long size, uint link, uint info)
        {
            Type = type;
            Start = start;
            Size = size;
            Link = link;
            Info = info;
        }

        public uint Type { get; }

        public long Start { get; }

        public long Size { get; }

        public uint Link { get; }

        public uint Info { get; }
    }
}
