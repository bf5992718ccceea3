using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace KnDsl.Training;

/// <summary>
/// The results of many trainings in one CSV file, a line for each as it ends, so that a comparison that was interrupted goes on. The first
/// line has the settings that all of them share: results of other settings must not mix with these.
/// </summary>
/// <typeparam name="TKey">What tells one training from another.</typeparam>
/// <typeparam name="TResult">What came of it.</typeparam>
public sealed class ResultLog<TKey, TResult>
    where TKey : notnull
    where TResult : class
{
    private readonly string _path;
    private readonly ResultFormat<TKey, TResult> _format;
    private readonly Dictionary<TKey, TResult> _results = [];
    private readonly object _gate = new();

    /// <summary>
    /// Opens the log, or begins one, also where less than its first two lines was written. A last line that was cut off is dropped: its
    /// training is to be run again.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="settings">The settings that all results share, in one line.</param>
    /// <param name="format">How a result is written.</param>
    /// <exception cref="RunFileException">
    /// The file was made with other settings, is no such log, has a line that is no result, or cannot be read or written.
    /// </exception>
    public ResultLog(string path, string settings, ResultFormat<TKey, TResult> format)
    {
        ArgumentNullException.ThrowIfNull(format);
        _path = path;
        _format = format;
        RunFileException.Wrap(path, () => Open($"# {settings}"));
    }

    /// <summary>All results, in the order of the file.</summary>
    public IReadOnlyList<TResult> Results
    {
        get
        {
            lock (_gate)
                return [.. _results.Values];
        }
    }

    /// <summary>The result of a training; null where it has none yet.</summary>
    public TResult? Find(TKey key)
    {
        lock (_gate)
            return _results.GetValueOrDefault(key);
    }

    /// <summary>Adds a result: its line is in the file when this returns. Any thread may call it.</summary>
    /// <exception cref="RunFileException">The file cannot be written; what it had is whole.</exception>
    public void Add(TResult result)
    {
        lock (_gate)
        {
            RunFileException.Wrap(_path, () => Append(_format.Write(result) + "\n"));
            _results[_format.KeyOf(result)] = result;
        }
    }

    private void Open(string head)
    {
        var begin = $"{head}\n{_format.Columns}\n";
        var text = File.Exists(_path) ? File.ReadAllText(_path) : "";
        // Also where a disk was full before it held the first lines.
        if (text.Length < begin.Length && begin.StartsWith(text, StringComparison.Ordinal))
        {
            RunFile.Write(_path, begin);
            return;
        }

        var whole = text[..(text.LastIndexOf('\n') + 1)];
        string[] lines = [.. whole.Split('\n')[..^1].Select(line => line.TrimEnd('\r'))];
        if (lines.Length < 2 || lines[1] != _format.Columns)
            throw new RunFileException(_path, $"this is no log of results, whose second line is {_format.Columns}.");
        if (lines[0] != head)
        {
            throw new RunFileException(_path, string.Join(
                Environment.NewLine,
                "this was made with other settings.",
                $"  there: {lines[0].TrimStart('#', ' ')}",
                $"  now:   {head.TrimStart('#', ' ')}",
                "Name another folder, or use the same settings."));
        }

        for (var i = 2; i < lines.Length; i++)
        {
            var result = _format.Read(lines[i])
                ?? throw new RunFileException($"{_path}({i + 1})", $"'{lines[i]}' is no result, expected {_format.Columns}.");
            _results[_format.KeyOf(result)] = result;
        }
        if (whole.Length < text.Length)
            RunFile.Write(_path, whole);
    }

    private void Append(string text)
    {
        using var stream = new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var end = stream.Position;
        try
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }
        catch (IOException)
        {
            // Half a line would join the next one.
            stream.SetLength(end);
            throw;
        }
    }
}

/// <summary>How a result is a line of CSV.</summary>
/// <param name="Columns">The names of the columns.</param>
/// <param name="KeyOf">The training that a result is of.</param>
/// <param name="Write">A line without its end.</param>
/// <param name="Read">A result from its line; null where the line is none.</param>
public sealed record ResultFormat<TKey, TResult>(
    string Columns, Func<TResult, TKey> KeyOf, Func<TResult, string> Write, Func<string, TResult?> Read);
