using System.Runtime.CompilerServices;

namespace KnDsl.Generator.Writing;

/// <summary>
/// A line as an interpolated string says it. Its pieces go into the writer as they come, so that no string is made of the whole: lines
/// were a fifth of the memory that writing takes.
/// </summary>
[InterpolatedStringHandler]
internal readonly ref struct CodeLine
{
    private readonly CodeWriter _writer;

    /// <param name="literalLength">As the compiler gives it; the writer's buffer grows as it needs.</param>
    /// <param name="formattedCount">The same.</param>
    /// <param name="writer">Where the line goes.</param>
    public CodeLine(int literalLength, int formattedCount, CodeWriter writer)
    {
        _ = (literalLength, formattedCount);
        _writer = writer;
        Start = writer.LengthOfLine;
    }

    /// <summary>Where the line begins in the writer's buffer: after a line that is not finished yet, of which it is a part.</summary>
    public int Start { get; }

    public void AppendLiteral(string text) => _writer.AppendToLine(text);

    public void AppendFormatted(string? text) => _writer.AppendToLine(text);

    public void AppendFormatted<T>(T value) => _writer.AppendToLine(value?.ToString());
}
