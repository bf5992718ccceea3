using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Weights.Tests;

/// <summary>
/// Mutated files, the same ones in every run: each is refused with the one exception, or is a file like any other.
/// </summary>
public sealed class FuzzTests
{
    private const int Rounds = 4_000;

    private static readonly string[] Numbers =
        ["0", "-1", "-0", "1", "7", "8", "9223372036854775807", "9223372036854775808", "1e3", "0.5", "null", "[]"];

    [Theory]
    [InlineData("all-types.safetensors", 1)]
    [InlineData("other-style.safetensors", 2)]
    [InlineData("network.safetensors", 3)]
    public void RefusesOrReads(string name, int seed)
    {
        using var folder = new TemporaryFolder();
        var random = new Random(seed);
        var original = File.ReadAllBytes(TemporaryFolder.Data(name));
        var (refused, read) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var content = original;
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                content = Mutated(content, random);
            if (ReadsAll(folder.Raw(content)))
                read++;
            else
                refused++;
        }

        // Both happen often: mutations of values are harmless, those of structure are not.
        Assert.True(refused > Rounds / 4, $"only {refused} of {Rounds} refused");
        Assert.True(read > Rounds / 100, $"only {read} of {Rounds} read");
    }

    private static bool ReadsAll(string path)
    {
        try
        {
            using var file = SafetensorsFile.Open(path);
            using var scope = NewDisposeScope();
            foreach (var entry in file.Entries)
            {
                if (entry.Dtype is null)
                    Assert.Throws<WeightsException>(() => file.Read(entry.Name));
                else
                    Assert.Equal(entry.Bytes, file.Read(entry.Name).numel() * SizeOf(entry));
            }
            return true;
        }
        catch (WeightsException error)
        {
            Assert.StartsWith(path, error.Message);
            return false;
        }
    }

    private static long SizeOf(SafetensorsEntry entry)
    {
        using var one = empty([1], entry.Dtype!.Value, CPU);
        return one.element_size();
    }

    private static byte[] Mutated(byte[] content, Random random)
    {
        if (content.Length < 16)
            return [.. content, .. Enumerable.Repeat((byte)random.Next(256), 16)];
        var at = random.Next(content.Length);
        switch (random.Next(9))
        {
            case 0:
                return [.. content[..at], (byte)random.Next(256), .. content[(at + 1)..]];
            case 1:
                return [.. content[..at], (byte)(content[at] ^ (1 << random.Next(8))), .. content[(at + 1)..]];
            case 2:
                return content[..at];
            case 3:
                return [.. content, .. new byte[random.Next(1, 64)]];
            case 4:
                var end = Math.Min(content.Length, at + random.Next(1, 64));
                return [.. content[..at], .. content[end..]];
            case 5:
                return [.. content[..at], .. content[random.Next(at, content.Length)..], .. content[at..]];
            case 6:
                return [.. BitConverter.GetBytes(random.NextInt64(2 * content.Length)), .. content[8..]];
            case 7:
                // A value of the data: no reader can tell.
                at = content.Length - 1 - random.Next(Math.Min(90, content.Length - 8));
                return [.. content[..at], (byte)random.Next(2), .. content[(at + 1)..]];
            default:
                return WithHeader(content, header => Replaced(header, random));
        }
    }

    /// <summary>The file with its header's text changed and its length set right, so that the change is read.</summary>
    private static byte[] WithHeader(byte[] content, Func<string, string> change)
    {
        var length = BitConverter.ToUInt64(content);
        if (length > (ulong)content.Length - 8)
            return content;
        var header = Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(content, 8, (int)length)));
        return [.. BitConverter.GetBytes((ulong)header.Length), .. header, .. content[(8 + (int)length)..]];
    }

    private static string Replaced(string header, Random random)
    {
        var tokens = Tokens(header).ToList();
        if (tokens.Count < 2)
            return header;
        var (at, other) = (random.Next(tokens.Count), random.Next(tokens.Count));
        switch (random.Next(4))
        {
            case 0:
                tokens[at] = tokens[other];
                break;
            case 1:
                tokens.Insert(at, tokens[other]);
                break;
            case 2:
                tokens.RemoveAt(at);
                break;
            default:
                var digits = Enumerable.Range(0, tokens.Count).Where(i => char.IsAsciiDigit(tokens[i][0])).ToList();
                if (digits.Count > 0)
                    tokens[digits[random.Next(digits.Count)]] = Numbers[random.Next(Numbers.Length)];
                break;
        }
        return string.Concat(tokens);
    }

    /// <summary>Words and numbers whole, everything else one character at a time.</summary>
    private static IEnumerable<string> Tokens(string text)
    {
        for (var at = 0; at < text.Length;)
        {
            var start = at++;
            while (char.IsLetterOrDigit(text[start]) && at < text.Length && char.IsLetterOrDigit(text[at]))
                at++;
            yield return text[start..at];
        }
    }
}
