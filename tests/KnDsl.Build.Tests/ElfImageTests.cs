using System;
using System.IO;
using System.Linq;
using Xunit;

namespace KnDsl.Build.Tests;

public sealed class ElfImageTests
{
    private const string Library = "libstdc++.so.6";

    public static TheoryData<bool, bool> Forms => new() { { true, false }, { true, true }, { false, false }, { false, true } };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Sets_the_one_flag_and_nothing_else(bool wide, bool bigEndian)
    {
        var builder = new ElfBuilder { Wide = wide, BigEndian = bigEndian };
        var original = builder.Build();
        byte[] repaired = [.. original];

        Assert.Equal(Weakening.Done, ElfImage.Parse(repaired).Weaken(Library, ElfBuilder.Wanted));

        var changed = Assert.Single(Enumerable.Range(0, original.Length), i => original[i] != repaired[i]);
        Assert.Equal(builder.FlagsAt + (bigEndian ? 1 : 0), changed);
        Assert.Equal(2, repaired[changed]);
        Assert.Equal(Weakening.AlreadyWeak, ElfImage.Parse(repaired).Weaken(Library, ElfBuilder.Wanted));
    }

    [Fact]
    public void Leaves_a_weak_requirement_alone()
    {
        var original = new ElfBuilder { Flags = 2 }.Build();
        byte[] bytes = [.. original];
        Assert.Equal(Weakening.AlreadyWeak, ElfImage.Parse(bytes).Weaken(Library, ElfBuilder.Wanted));
        Assert.Equal(original, bytes);
    }

    [Fact]
    public void Looks_for_the_version_in_its_own_library_only()
    {
        var bytes = new ElfBuilder { Needs = [("libother.so", [ElfBuilder.Wanted]), (Library, ["GLIBCXX_3.4.30"])] }.Build();
        Assert.Equal(Weakening.NotAsked, ElfImage.Parse(bytes).Weaken(Library, ElfBuilder.Wanted));
        Assert.Equal(Weakening.NotAsked, ElfImage.Parse(bytes).Weaken(Library, "GLIBCXX_3.4.31"));
    }

    [Fact]
    public void A_file_without_requirements_asks_for_nothing()
        => Assert.Equal(
            Weakening.NotAsked,
            ElfImage.Parse(new ElfBuilder { NeedsSections = 0 }.Build()).Weaken(Library, ElfBuilder.Wanted));

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public void Refuses_where_a_symbol_of_the_version_is_in_use(bool wide, bool rel)
        => Refuses(new ElfBuilder { Wide = wide, Rel = rel, Used = true }.Build(), "symbol 1 of version GLIBCXX_3.4.32 is in use");

    [Fact]
    public void Refuses_unexpected_tables()
    {
        Refuses(new ElfBuilder { Flags = 4 }.Build(), "unexpected flags 4");
        Refuses(new ElfBuilder { WrongHash = 1 }.Build(), "the name and the hash of a required version disagree");
        Refuses(new ElfBuilder { WrongCount = -1 }.Build(), "does not end where its count says");
        Refuses(new ElfBuilder { WrongCount = 1 }.Build(), "does not end where its count says");
        Refuses(new ElfBuilder { NeedsSections = 2 }.Build(), "several sections of version requirements");
        Refuses(new ElfBuilder { StringsType = 1 }.Build(), "in no string table");
        Refuses(new ElfBuilder { SymbolVersions = false }.Build(), "no table of them");
        Refuses(new ElfBuilder { Needs = [(Library, [ElfBuilder.Wanted, ElfBuilder.Wanted])] }.Build(), "is required twice");
    }

    [Fact]
    public void Refuses_what_is_no_ELF_file()
    {
        Refuses([], "not an ELF file");
        Refuses("#!/bin/sh\nexec something\n"u8.ToArray(), "not an ELF file");
        Refuses(With(4, 3), "class is 3");
        Refuses(With(5, 0), "byte order is 0");
        Refuses(With(6, 2), "version is 2");
        Refuses(With(40, 0, 0, 0, 0, 0, 0, 0, 0), "no section headers");
        Refuses(With(40, 255, 255, 255, 255, 255, 255, 255, 255), "beyond its");
        Refuses(With(58, 8, 0), "section headers have 8 bytes");

        static byte[] With(int at, params byte[] values)
        {
            var bytes = new ElfBuilder().Build();
            values.CopyTo(bytes, at);
            return bytes;
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Refuses_every_truncation(bool wide, bool bigEndian)
    {
        var whole = new ElfBuilder { Wide = wide, BigEndian = bigEndian }.Build();
        for (var length = 0; length < whole.Length; length++)
        {
            var part = whole[..length];
            Assert.Throws<ElfFormatException>(() => ElfImage.Parse(part).Weaken(Library, ElfBuilder.Wanted));
            Assert.Equal(whole[..length], part);
        }
    }

    [Fact]
    public void Survives_damage_of_any_kind()
    {
        var random = new Random(20180209);
        var whole = new ElfBuilder { Definitions = ["GLIBCXX_3.4", "GLIBCXX_3.4.30"] }.Build();
        var refused = 0;
        for (var i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. whole];
            for (var j = random.Next(1, 5); j > 0; j--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }
            byte[] damaged = [.. bytes];
            try
            {
                var image = ElfImage.Parse(bytes);
                _ = image.Defines("GLIBCXX_3.4.32");
                var done = image.Weaken(Library, ElfBuilder.Wanted);
                var changes = bytes.Zip(damaged, (a, b) => a != b).Count(different => different);
                Assert.Equal(done == Weakening.Done ? 1 : 0, changes);
            }
            catch (ElfFormatException)
            {
                refused++;
                Assert.Equal(damaged, bytes);
            }
        }
        Assert.InRange(refused, 1_000, 19_000);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Knows_what_a_library_defines(bool wide, bool bigEndian)
    {
        var image = ElfImage.Parse(
            new ElfBuilder { Wide = wide, BigEndian = bigEndian, Definitions = ["libx.so", "GLIBCXX_3.4", "GLIBCXX_3.4.30"] }.Build());
        Assert.True(image.Defines("GLIBCXX_3.4.30"));
        Assert.False(image.Defines("GLIBCXX_3.4.3"));
        Assert.False(image.Defines("GLIBCXX_3.4.32"));
        Assert.False(ElfImage.Parse(new ElfBuilder().Build()).Defines("GLIBCXX_3.4.30"));
    }

    // Figures from the headers of glibc's and GCC's own libraries.
    [Theory]
    [InlineData("GLIBC_2.2.5", 0x09691a75)]
    [InlineData("GLIBC_2.3.4", 0x09691974)]
    [InlineData("GLIBCXX_3.4", 0x08922974)]
    public void Hashes_as_the_ABI_says(string name, uint hash) => Assert.Equal(hash, ElfImage.Hash(name));

    [LinuxFact]
    public void Reads_this_systems_own_runtime()
    {
        var path = HostRuntime.Find();
        Assert.NotNull(path);
        var image = ElfImage.Parse(File.ReadAllBytes(path));
        Assert.True(image.Defines("GLIBCXX_3.4.9"));
        Assert.False(image.Defines("GLIBCXX_9.9.9"));
    }

    private static void Refuses(byte[] bytes, string message)
    {
        byte[] original = [.. bytes];
        var error = Assert.Throws<ElfFormatException>(() => ElfImage.Parse(bytes).Weaken(Library, ElfBuilder.Wanted));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(original, bytes);
    }
}
