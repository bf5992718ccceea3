using KnDsl.Language.Text;

namespace KnDsl.Language.Parsing;

/// <summary>
/// The kinds of tokens. Each is a character, because Sprache's inputs consist of characters.
/// </summary>
internal enum TokenKind : ushort
{
    End = '\0',
    Identifier = 'i',
    Integer = '1',
    Float = 'f',
    Text = '"',
    Label = 'L',
    Arrow = '>',
    OpenParen = '(',
    CloseParen = ')',
    OpenBracket = '[',
    CloseBracket = ']',
    OpenBrace = '{',
    CloseBrace = '}',
    Comma = ',',
    Colon = ':',
    Assign = '=',
    Plus = '+',
    Minus = '-',
    Star = '*',
    Slash = '/',
    Percent = '%',
    Dot = '.',
    Range = 'r',
    Equal = 'e',
    NotEqual = 'n',
    Less = '<',
    LessEqual = 'l',
    Greater = 'g',
    GreaterEqual = 'h',
}

/// <summary>One token with its place and the doc comment before it.</summary>
internal sealed record Token(TokenKind Kind, string Text, TextSpan Span, bool FirstOnLine, string? Documentation)
{
    public bool Is(TokenKind kind) => Kind == kind;

    public bool IsWord(string word) => Kind == TokenKind.Identifier && Text == word;

    /// <summary>How much deeper it is in parentheses and brackets after this token.</summary>
    public int Nesting => Kind switch
    {
        TokenKind.OpenParen or TokenKind.OpenBracket => 1,
        TokenKind.CloseParen or TokenKind.CloseBracket => -1,
        _ => 0,
    };

    /// <summary>How a message names this token.</summary>
    public string Describe() => Kind switch
    {
        TokenKind.End => "the end of the file",
        TokenKind.Text => $"\"{Text}\"",
        _ => $"'{Text}'",
    };
}
