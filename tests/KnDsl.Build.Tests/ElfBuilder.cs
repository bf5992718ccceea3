using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace KnDsl.Build.Tests;

/// <summary>Writes small ELF files with the tables that matter to symbol versions, right or wrong as a test wants them.</summary>
internal sealed class ElfBuilder
{
    public const string Wanted = "GLIBCXX_3.4.32";

    /// <summary>64 or 32 bits.</summary>
    public bool Wide { get; init; } = true;

    public bool BigEndian { get; init; }

    /// <summary>The libraries that the file requires, each with its versions; the wanted one has index 12.</summary>
    public (string Library, string[] Versions)[] Needs { get; init; } =
    [
        ("libc.so.6", ["GLIBC_2.14", "GLIBC_2.34"]),
        ("libstdc++.so.6", ["GLIBCXX_3.4.30", Wanted, "CXXABI_1.3"]),
    ];

    /// <summary>The versions that the file defines, if any.</summary>
    public string[] Definitions { get; init; } = [];

    public ushort Flags { get; init; }

    public uint? WrongHash { get; init; }

    /// <summary>Added to the number of entries that the wanted version's library announces.</summary>
    public int WrongCount { get; init; }

    /// <summary>Whether a relocation refers to a symbol of the wanted version.</summary>
    public bool Used { get; init; }

    /// <summary>Relocations without addend.</summary>
    public bool Rel { get; init; }

    public int NeedsSections { get; init; } = 1;

    public uint StringsType { get; init; } = 3;

    public bool SymbolVersions { get; init; } = true;

    /// <summary>Where the flags of the wanted version lie in what <see cref="Build"/> wrote.</summary>
    public long FlagsAt { get; private set; }

    public byte[] Build()
    {
        using var file = new MemoryStream();
        file.Write(new byte[Wide ? 64 : 52]);

        var strings = new MemoryStream();
        strings.WriteByte(0);
        uint Name(string text)
        {
            var at = (uint)strings.Position;
            strings.Write(Encoding.ASCII.GetBytes(text + "\0"));
            return at;
        }

        var (needs, flagsAt, wantedIndex) = NeedsTable(Name);
        var definitions = DefinitionsTable(Name);

        // Symbol 1 is of the wanted version, symbol 2 of none in particular.
        var versions = Bytes(w =>
        {
            Half(w, 0);
            Half(w, wantedIndex);
            Half(w, 1);
        });
        var relocations = Bytes(w =>
        {
            Relocation(w, symbol: 2);
            Relocation(w, symbol: Used ? 1u : 0u);
        });

        var sections = new List<(uint Type, byte[] Content, uint Link, uint Info)>
        {
            (0, [], 0, 0),
            (StringsType, strings.ToArray(), 0, 0),
            (11, new byte[3 * (Wide ? 24 : 16)], 1, 1),
            (Rel ? 9u : 4u, relocations, 2, 0),
        };
        if (SymbolVersions)
        {
            sections.Add((0x6fffffff, versions, 2, 0));
        }
        for (var i = 0; i < NeedsSections; i++)
        {
            sections.Add((0x6ffffffe, needs, 1, (uint)Needs.Length));
        }
        if (Definitions.Length > 0)
        {
            sections.Add((0x6ffffffd, definitions, 1, (uint)Definitions.Length));
        }

        var headers = new MemoryStream();
        foreach ((var type, var content, var link, var info) in sections)
        {
            if (type == 0x6ffffffe)
            {
                FlagsAt = file.Position + flagsAt;
            }
            Word(headers, 0);
            Word(headers, type);
            Native(headers, 0);
            Native(headers, 0);
            Native(headers, (ulong)(type == 0 ? 0 : file.Position));
            Native(headers, (ulong)content.Length);
            Word(headers, link);
            Word(headers, info);
            Native(headers, 0);
            Native(headers, 0);
            file.Write(content);
        }
        var table = file.Position;
        file.Write(headers.ToArray());

        file.Position = 0;
        file.Write([0x7f, (byte)'E', (byte)'L', (byte)'F', (byte)(Wide ? 2 : 1), (byte)(BigEndian ? 2 : 1), 1, 0]);
        file.Write(new byte[8]);
        Half(file, 3);
        Half(file, Wide ? (ushort)62 : (ushort)3);
        Word(file, 1);
        Native(file, 0);
        Native(file, 0);
        Native(file, (ulong)table);
        Word(file, 0);
        Half(file, Wide ? (ushort)64 : (ushort)52);
        Half(file, 0);
        Half(file, 0);
        Half(file, Wide ? (ushort)64 : (ushort)40);
        Half(file, (ushort)sections.Count);
        Half(file, 0);
        return file.ToArray();
    }

    private (byte[] Table, long FlagsAt, ushort WantedIndex) NeedsTable(Func<string, uint> name)
    {
        long flagsAt = 0;
        ushort index = 10, wantedIndex = 0;
        var table = Bytes(w =>
        {
            for (var i = 0; i < Needs.Length; i++)
            {
                var (library, versions) = Needs[i];
                var wanted = Array.IndexOf(versions, Wanted) >= 0;
                Half(w, 1);
                Half(w, (ushort)(versions.Length + (wanted ? WrongCount : 0)));
                Word(w, name(library));
                Word(w, 16);
                Word(w, i + 1 == Needs.Length ? 0 : 16 * (1 + (uint)versions.Length));
                for (var j = 0; j < versions.Length; j++, index++)
                {
                    var here = versions[j] == Wanted;
                    Word(w, here && WrongHash is uint hash ? hash : ElfImage.Hash(versions[j]));
                    if (here)
                    {
                        flagsAt = w.Position;
                        wantedIndex = index;
                    }
                    Half(w, here ? Flags : (ushort)0);
                    Half(w, index);
                    Word(w, name(versions[j]));
                    Word(w, j + 1 == versions.Length ? 0u : 16);
                }
            }
        });
        return (table, flagsAt, wantedIndex);
    }

    private byte[] DefinitionsTable(Func<string, uint> name) => Bytes(w =>
    {
        for (var i = 0; i < Definitions.Length; i++)
        {
            Half(w, 1);
            Half(w, 0);
            Half(w, (ushort)(i + 2));
            Half(w, 1);
            Word(w, ElfImage.Hash(Definitions[i]));
            Word(w, 20);
            Word(w, i + 1 == Definitions.Length ? 0u : 28);
            Word(w, name(Definitions[i]));
            Word(w, 0);
        }
    });

    private static byte[] Bytes(Action<MemoryStream> write)
    {
        using var stream = new MemoryStream();
        write(stream);
        return stream.ToArray();
    }

    private void Relocation(Stream stream, uint symbol)
    {
        Native(stream, 0x1000);
        Native(stream, Wide ? ((ulong)symbol << 32) | 6 : (symbol << 8) | 6);
        if (!Rel)
        {
            Native(stream, 0);
        }
    }

    private void Native(Stream stream, ulong value)
    {
        if (!Wide)
        {
            Word(stream, (uint)value);
            return;
        }
        Word(stream, (uint)(BigEndian ? value >> 32 : value));
        Word(stream, (uint)(BigEndian ? value : value >> 32));
    }

    private void Word(Stream stream, uint value)
    {
        Half(stream, (ushort)(BigEndian ? value >> 16 : value));
        Half(stream, (ushort)(BigEndian ? value : value >> 16));
    }

    private void Half(Stream stream, ushort value)
    {
        stream.WriteByte((byte)(BigEndian ? value >> 8 : value));
        stream.WriteByte((byte)(BigEndian ? value : value >> 8));
    }
}
