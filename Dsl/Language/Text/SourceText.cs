using System;
using System.Collections.Generic;

namespace KnDsl.Language.Text;

/// <summary>The text of one .knnet file with its path and the starts of its lines.</summary>
internal sealed class SourceText
{
    private readonly int[] _lineStarts;

    public SourceText(string path, string content)
    {
        Path = path;
        Content = content;
        var starts = new List<int> { 0 };
        for (var i = 0; i < content.Length; i++)
            if (content[i] == '\n' || content[i] == '\r' && (i + 1 == content.Length || content[i + 1] != '\n'))
                starts.Add(i + 1);
        _lineStarts = starts.ToArray();
    }

    /// <summary>Whether a character ends a line, by itself or, as in "\r\n", together with the next.</summary>
    public static bool IsLineBreak(char c) => c is '\n' or '\r';

    public string Path { get; }

    public string Content { get; }

    /// <summary>The line, from zero, without its line break.</summary>
    public string Line(int line)
    {
        var start = _lineStarts[line];
        var end = line + 1 < _lineStarts.Length ? _lineStarts[line + 1] : Content.Length;
        return Content.Substring(start, end - start).TrimEnd('\r', '\n');
    }

    public LinePosition PositionOf(int offset)
    {
        offset = Math.Max(0, Math.Min(offset, Content.Length));
        var line = Array.BinarySearch(_lineStarts, offset);
        if (line < 0)
            line = ~line - 1;
        return new LinePosition(line, offset - _lineStarts[line]);
    }

    public string Slice(TextSpan span) => Content.Substring(span.Start, span.Length);

    public Place At(TextSpan span) => new(this, span);
}
