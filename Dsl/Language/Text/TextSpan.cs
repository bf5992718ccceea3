namespace KnDsl.Language.Text;

/// <summary>A stretch of a source text: where it starts and how many characters it has.</summary>
internal readonly record struct TextSpan(int Start, int Length)
{
    public int End => Start + Length;

    public static TextSpan FromBounds(int start, int end) => new(start, end < start ? 0 : end - start);

    /// <summary>The smallest span that holds both.</summary>
    public static TextSpan Union(TextSpan a, TextSpan b) =>
        FromBounds(System.Math.Min(a.Start, b.Start), System.Math.Max(a.End, b.End));
}

/// <summary>A line and a character of it, both counted from zero as editors do.</summary>
internal readonly record struct LinePosition(int Line, int Character);

/// <summary>A place in a file.</summary>
internal readonly record struct Place(SourceText Text, TextSpan Span)
{
    /// <summary>The line, counted from one as people do.</summary>
    public int Line => Text.PositionOf(Span.Start).Line + 1;

    public bool IsInside(Place other) => Text.Path == other.Text.Path && Span.Start >= other.Span.Start && Span.End <= other.Span.End;

    /// <summary>The text of the place on one line, without comments; what is quoted stays as it is.</summary>
    public string OneLine()
    {
        var text = Text.Slice(Span);
        if (IsPlain(text))
            return text;
        var line = new System.Text.StringBuilder(text.Length);
        var (isQuoted, isSpace, isBroken) = (false, false, false);
        for (var i = 0; i < text.Length; i++)
        {
            if (!isQuoted && text[i] == '/' && i + 1 < text.Length && text[i + 1] == '/')
                while (i < text.Length && !SourceText.IsLineBreak(text[i]))
                    i++;
            if (i == text.Length)
                break;
            isQuoted = !SourceText.IsLineBreak(text[i]) && text[i] == '"' != isQuoted;
            if (!isQuoted && (char.IsWhiteSpace(text[i]) || text[i] == '\uFEFF'))
            {
                isSpace = line.Length > 0;
                isBroken |= SourceText.IsLineBreak(text[i]);
                continue;
            }
            // A line that was broken after a bracket goes on right after it, and one broken before a bracket or comma right before.
            if (isSpace && !(isBroken && (line[line.Length - 1] is '(' or '[' || text[i] is ')' or ']' or ',')))
                line.Append(' ');
            (isSpace, isBroken) = (false, false);
            line.Append(text[i]);
        }
        return line.ToString();
    }

    /// <summary>Whether a text is on one line as it is: words with a blank between, and nothing that needs a closer look.</summary>
    private static bool IsPlain(string text)
    {
        for (var i = 0; i < text.Length; i++)
            if (text[i] is <= ' ' or '"' or '/' or > '~' && !(text[i] == ' ' && i > 0 && i + 1 < text.Length && text[i - 1] != ' '))
                return false;
        return true;
    }

    public override string ToString() => $"{System.IO.Path.GetFileName(Text.Path)}({Line},{Text.PositionOf(Span.Start).Character + 1})";
}
