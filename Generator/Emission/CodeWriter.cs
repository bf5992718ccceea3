using System;
using System.Text;
using KnDsl.Dsl.Text;

namespace KnDsl.Generator.Emission;

/// <summary>Writes indented C#, with #line where a line belongs to a place in a .knnet file.</summary>
internal sealed class CodeWriter
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
        _text.Append($"#line ({start.Line + 1},{start.Character + 1})-({end.Line + 1},{Math.Max(end.Character, 0) + 1}) \"")
            .Append(place.Text.Path).Append("\"\n");
        _mapped = true;
        Write(line);
        return this;
    }

    /// <summary>A brace and what stands in it, one step further in.</summary>
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

    /// <summary>Text that is written already, its lines ended and indented.</summary>
    public void Raw(string text)
    {
        Unmap();
        _text.Append(text);
    }

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
