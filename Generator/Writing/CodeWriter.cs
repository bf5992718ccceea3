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
        _text.Append("#line (").Append(start.Line + 1).Append(',').Append(Column(start))
            .Append(")-(").Append(end.Line + 1).Append(',').Append(Column(end))
            .Append(") ").Append(CSharpText.Path(nameOf(place.Text.Path))).Append('\n');
        _mapped = true;
        Write(line);
        return this;
    }

    /// <summary>A line with a comment after it.</summary>
    public CodeWriter Line(string line, string comment) => Line($"{line} // {CSharpText.OneLine(comment)}");

    public CodeWriter Comment(string text) => Line(("// " + CSharpText.OneLine(text)).TrimEnd());

    // ---- documentation: whatever the text, it is one line of a comment, or the lines that are given ---------------------------

    /// <summary>An element of the documentation of what follows: on one line, or around several.</summary>
    public CodeWriter Document(string element, params string[] lines)
    {
        if (lines.Length == 1)
            return Documentation($"<{element}>{CSharpText.Xml(lines[0])}</{element}>");
        Documentation($"<{element}>");
        foreach (var line in lines)
            Documentation(CSharpText.Xml(line));
        return Documentation($"</{element}>");
    }

    public CodeWriter DocumentParameter(string name, string text) =>
        Documentation($"<param name=\"{CSharpText.Xml(name)}\">{CSharpText.Xml(text)}</param>");

    /// <param name="type">The exception as code names it.</param>
    /// <param name="text">When it is thrown.</param>
    public CodeWriter DocumentException(string type, string text) =>
        Documentation($"<exception cref=\"{type}\">{CSharpText.Xml(text)}</exception>");

    public CodeWriter InheritDocumentation() => Documentation("<inheritdoc/>");

    private CodeWriter Documentation(string line) => Line($"/// {line}".TrimEnd());

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

    /// <summary>The column, from one, as far to the right as #line goes.</summary>
    private static int Column(LinePosition position) => Math.Min(position.Character + 1, 65_536);

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
