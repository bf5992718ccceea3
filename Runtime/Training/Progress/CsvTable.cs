using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;

namespace KnDsl.Training;

/// <summary>
/// A CSV file that grows by a row at a time, each written whole when it is made, and whose first column is the step. A row that could not
/// be written is written with the next one.
/// </summary>
internal sealed class CsvTable : IDisposable
{
    /// <summary>What is longer is no row, but what a disk had there before.</summary>
    private const int LongestLine = 1 << 20;

    private readonly MemoryStream _pending = new();
    private readonly Stream _stream;

    /// <summary>Where the rows end that were written whole.</summary>
    private long _end;

    /// <summary>The newest row: one of the same step replaces it.</summary>
    private (long Step, long Start) _last = (-1, 0);

    /// <param name="path">The file.</param>
    /// <param name="stream">Writes it.</param>
    internal CsvTable(string path, Stream stream) => (FilePath, _stream) = (path, stream);

    public string FilePath { get; }

    /// <summary>Opens a table, or begins one, whose columns are written with its first row.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Its columns, where it is new; those that it must begin with, where it is not.</param>
    /// <param name="last">Rows of later steps are dropped, and so is a last one that was cut off.</param>
    /// <exception cref="RunFileException">The file cannot be written, or is another table.</exception>
    public static CsvTable Open(string path, IReadOnlyList<string> columns, long last)
    {
        var kept = File.Exists(path) ? Keep(path, columns, last) : null;
        CsvTable? table = null;
        RunFileException.Wrap(path, () =>
        {
            // Without a buffer: each row is in the hands of the system as soon as it is made, if this process is killed.
            var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
            table = new CsvTable(path, stream);
            if (kept is { } rows)
            {
                stream.SetLength(rows.End);
                (table._end, table._last) = (rows.End, rows.Last);
            }
            else
            {
                table._pending.Write(Encoding.UTF8.GetBytes(Line(columns)));
            }
        });
        return table!;
    }

    /// <summary>Writes what is left to be written: the columns of a new table.</summary>
    /// <exception cref="RunFileException">It could not be written.</exception>
    public void Flush() => RunFileException.Wrap(FilePath, () => Write(""));

    /// <summary>Adds a row.</summary>
    /// <exception cref="RunFileException">It could not be written; it will be with the next one.</exception>
    public void Append(long step, IReadOnlyList<string> fields) => RunFileException.Wrap(FilePath, () =>
    {
        // The row of a step that comes again is replaced, unless it was not written yet.
        if (step == _last.Step && _pending.Length == 0)
            _end = _last.Start;
        else
            _last = (step, _end + _pending.Length);
        Write(Line(fields));
    });

    /// <summary>
    /// The rows of a table that are whole, with the place in the file where each begins and ends; the first has the columns.
    /// </summary>
    public static IEnumerable<(long Start, long End, string[] Fields)> Rows(string path)
    {
        using var stream = new BufferedStream(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        var line = new List<byte>();
        long start = 0, place = 0;
        for (var next = stream.ReadByte(); next >= 0; next = stream.ReadByte())
        {
            place++;
            if (next != '\n')
            {
                line.Add((byte)next);
                if (line.Count > LongestLine)
                    yield break;
                continue;
            }
            yield return (start, place, Fields(Encoding.UTF8.GetString([.. line]).TrimEnd('\r')));
            line.Clear();
            start = place;
        }
    }

    public void Dispose()
    {
        try
        {
            _stream.Dispose();
        }
        catch (IOException)
        {
            // Rows are written when they are made, and what failed then was said.
        }
    }

    private void Write(string line)
    {
        _pending.Write(Encoding.UTF8.GetBytes(line));
        try
        {
            _stream.Position = _end;
            _stream.Write(_pending.GetBuffer(), 0, (int)_pending.Length);
            _end += _pending.Length;
            _pending.SetLength(0);
        }
        finally
        {
            // A disk that fills up takes a part of a row; a row that replaces another may be shorter.
            if (_stream.Length > _end)
                _stream.SetLength(_end);
        }
    }

    /// <summary>How much of a file stays: its end, and the last row. Null for an empty file.</summary>
    private static (long End, (long Step, long Start) Last)? Keep(string path, IReadOnlyList<string> columns, long last)
    {
        (long End, (long Step, long Start) Last)? kept = null;
        (int Number, string Text)? damaged = null;
        var number = 0;
        foreach (var (start, end, fields) in Rows(path))
        {
            number++;
            if (kept is null)
            {
                if (!fields.Take(columns.Count).SequenceEqual(columns))
                {
                    throw new RunFileException(
                        path, $"this is no such log: its columns are {Line(fields).Trim()}, expected {Line(columns).Trim()}.");
                }
                kept = (end, (-1, 0));
                continue;
            }
            // Only the end of a file may be damaged, by a machine that went down; what is amiss before it, somebody else wrote.
            if (damaged is { } wrong)
                throw new RunFileException($"{path}({wrong.Number})", $"'{wrong.Text}' is no row of this log. Mend or remove the line.");
            if (fields.Length < columns.Count
                || !long.TryParse(fields[0], NumberStyles.Integer, CultureInfo.InvariantCulture, out var step))
            {
                damaged = (number, Line(fields).Trim());
                continue;
            }
            if (step > last)
                break;
            kept = (end, (step, start));
        }
        return kept;
    }

    public static string Line(IReadOnlyList<string> fields) => string.Join(',', fields.Select(Quote)) + "\n";

    private static string Quote(string field) =>
        field.AsSpan().ContainsAny(",\"\r\n")
            ? $"\"{field.ReplaceLineEndings(" ").Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : field;

    private static string[] Fields(string line)
    {
        if (!line.Contains('"', StringComparison.Ordinal))
            return line.Split(',');
        var fields = new List<string>();
        var field = new StringBuilder();
        var quoted = false;
        foreach (var c in line)
        {
            if (c == '"')
            {
                // Two of them in quotes are one; the second opens again.
                if (!quoted && field.Length > 0)
                    field.Append('"');
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(c);
            }
        }
        return [.. fields, field.ToString()];
    }
}
