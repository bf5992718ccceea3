using System;
using System.Text;
using KnDsl.Language.Text;

namespace KnDsl.Generator.Writing;

/// <summary>Writes indented C#, with #line where a line belongs to a place in a .knnet file.</summary>
/// <param name="nameOf">How #line names a file, by its path.</param>
internal sealed class CodeWriter(Func<string, string> nameOf)
{
    private readonly StringBuilder _text = new();
    private int _indent;
    private bool _mapped;

    public CodeWriter Line(string line = "")
    {
        Unmap();
        Write(line);
        return this;
    }

    /// <summary>A line that a stack trace and a breakpoint show at its place in the .knnet file.</summary>
    public CodeWriter Line(Place place, string line)
    {
        var (start, end) = (place.Text.PositionOf(place.Span.Start), place.Text.PositionOf(place.Span.End));
        _text.Append("#line (").Append(start.Line + 1).Append(',').Append(start.Character + 1)
            .Append(")-(").Append(end.Line + 1).Append(',').Append(end.Character + 1)
            .Append(") \"").Append(FileName(place.Text.Path)).Append("\"\n");
        _mapped = true;
        Write(line);
        return this;
    }

    /// <summary>A brace and its content, one step further in.</summary>
    public CodeWriter Block(Action body, string close = "}")
    {
        Line("{");
        Indented(body);
        return Line(close);
    }

    public CodeWriter Indented(Action body)
    {
        _indent++;
        body();
        Unmap();
        _indent--;
        return this;
    }

    /// <summary>What another writer wrote, in pieces: its text as a whole would be a large object more.</summary>
    public void Raw(CodeWriter other)
    {
        Unmap();
        var piece = new char[4096];
        for (var start = 0; start < other._text.Length; start += piece.Length)
        {
            var length = Math.Min(piece.Length, other._text.Length - start);
            other._text.CopyTo(start, piece, 0, length);
            _text.Append(piece, 0, length);
        }
    }

    /// <summary>C# has no escape for a quote in #line, and Unix allows it in a name.</summary>
    private string FileName(string path) => nameOf(path).Replace('"', '_');

    private void Unmap()
    {
        if (!_mapped)
            return;
        _text.Append("#line default\n");
        _mapped = false;
    }

    private void Write(string line)
    {
        if (line.Length > 0)
            _text.Append(' ', 4 * _indent).Append(line);
        _text.Append('\n');
    }

    public override string ToString() => _text.ToString();
}
