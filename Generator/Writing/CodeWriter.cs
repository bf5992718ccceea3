using System;
using System.Runtime.CompilerServices;
using System.Text;
using KnDsl.Language.Text;

namespace KnDsl.Generator.Writing;

/// <summary>Writes indented C#, with #line where a line belongs to a place in a .knnet file.</summary>
/// <param name="nameOf">How #line names a file, by its path.</param>
internal sealed class CodeWriter(Func<string, string> nameOf)
{
    private readonly StringBuilder _text = new();

    /// <summary>Lines that are not finished: an interpolated string may call what writes lines of its own, which come before it.</summary>
    private char[] _line = new char[256];

    private int _indent;
    private bool _mapped;

    /// <summary>How much of the buffer of unfinished lines is in use.</summary>
    public int LengthOfLine { get; private set; }

    public void AppendToLine(string? text)
    {
        if (text is null)
            return;
        if (_line.Length < LengthOfLine + text.Length)
            Array.Resize(ref _line, Math.Max(2 * _line.Length, LengthOfLine + text.Length));
        text.CopyTo(0, _line, LengthOfLine, text.Length);
        LengthOfLine += text.Length;
    }

    public CodeWriter Line(string line = "") => Line($"{line}");

    public CodeWriter Line([InterpolatedStringHandlerArgument("")] CodeLine line)
    {
        Unmap();
        return Finish(line);
    }

    public CodeWriter Line(Place place, string line) => Line(place, $"{line}");

    /// <summary>A line that a stack trace and a breakpoint show at its place in the .knnet file.</summary>
    public CodeWriter Line(Place place, [InterpolatedStringHandlerArgument("")] CodeLine line)
    {
        var (start, end) = (place.Text.PositionOf(place.Span.Start), place.Text.PositionOf(place.Span.End));
        _text.Append("#line (").Append(start.Line + 1).Append(',').Append(Column(start))
            .Append(")-(").Append(end.Line + 1).Append(',').Append(Column(end))
            .Append(") ").Append(CSharpText.Path(nameOf(place.Text.Path))).Append('\n');
        _mapped = true;
        return Finish(line);
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
            Documentation($"{CSharpText.Xml(line)}");
        return Documentation($"</{element}>");
    }

    public CodeWriter DocumentParameter(string name, string text) =>
        Documentation($"<param name=\"{CSharpText.Xml(name)}\">{CSharpText.Xml(text)}</param>");

    /// <param name="type">The exception as code names it.</param>
    /// <param name="text">When it is thrown.</param>
    public CodeWriter DocumentException(string type, string text) =>
        Documentation($"<exception cref=\"{type}\">{CSharpText.Xml(text)}</exception>");

    public CodeWriter InheritDocumentation() => Documentation($"<inheritdoc/>");

    private CodeWriter Documentation([InterpolatedStringHandlerArgument("")] CodeLine line)
    {
        // Without blanks at its end.
        while (LengthOfLine > line.Start && char.IsWhiteSpace(_line[LengthOfLine - 1]))
            LengthOfLine--;
        Unmap();
        return Finish(line, LengthOfLine > line.Start ? "/// " : "///");
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

    /// <summary>Puts what another writer wrote before everything else: no text is moved for it, however long this one is.</summary>
    public void Prepend(CodeWriter head) => _text.Insert(0, head.ToString());

    /// <summary>The column, from one, as far to the right as #line goes.</summary>
    private static int Column(LinePosition position) => Math.Min(position.Character + 1, 65_536);

    private void Unmap()
    {
        if (!_mapped)
            return;
        _text.Append("#line default\n");
        _mapped = false;
    }

    /// <summary>Writes a line from the buffer.</summary>
    private CodeWriter Finish(CodeLine line, string before = "")
    {
        var length = LengthOfLine - line.Start;
        if (before.Length + length > 0)
            _text.Append(' ', 4 * _indent).Append(before).Append(_line, line.Start, length);
        _text.Append('\n');
        LengthOfLine = line.Start;
        return this;
    }

    public override string ToString() => _text.ToString();
}
