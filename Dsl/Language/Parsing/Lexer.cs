using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Text;

namespace KnDsl.Language.Parsing;

/// <summary>Cuts a text into tokens. It never fails: a character that it does not know becomes a diagnostic and is left out.</summary>
internal sealed class Lexer
{
    private readonly SourceText _source;
    private readonly string _text;
    private readonly DiagnosticBag _diagnostics;
    private readonly int _end;
    private int _position;
    private (char Character, int Line)? _unknown;

    /// <summary>Where a character comes again that was reported in the same line.</summary>
    private readonly List<int> _repeated = [];

    /// <summary>Names that begin with a digit, which were reported.</summary>
    private readonly HashSet<string> _misnamed = [];

    private Lexer(SourceText source, TextSpan span, DiagnosticBag diagnostics)
    {
        _source = source;
        _text = source.Content;
        _diagnostics = diagnostics;
        _position = span.Start;
        _end = span.End;
    }

    /// <param name="repeated">Gets the places that cannot be read for a reason that was reported in the same line.</param>
    public static IReadOnlyList<Token> Tokenize(SourceText source, DiagnosticBag diagnostics, List<int>? repeated = null)
    {
        var lexer = new Lexer(source, new TextSpan(0, source.Content.Length), diagnostics);
        var tokens = lexer.Run();
        repeated?.AddRange(lexer._repeated);
        return tokens;
    }

    /// <summary>The tokens of a part of the text, such as the expression in a label's braces. The last is always End.</summary>
    public static IReadOnlyList<Token> Tokenize(SourceText source, TextSpan span, DiagnosticBag diagnostics) =>
        new Lexer(source, span, diagnostics).Run();

    private char At(int offset) => offset < _end ? _text[offset] : '\0';

    private List<Token> Run()
    {
        var tokens = new List<Token>(_text.Length / 4 + 1);
        var firstOnLine = true;
        StringBuilder? documentation = null;
        while (_position < _end)
        {
            var c = _text[_position];
            if (SourceText.IsLineBreak(c))
            {
                firstOnLine = true;
                _position++;
            }
            else if (char.IsWhiteSpace(c) || c == '\uFEFF')
                _position++;
            else if (c == '/' && At(_position + 1) == '/')
                ReadComment(ref documentation);
            else if (c == '/' && At(_position + 1) == '*')
                ReadForeignComment();
            else
            {
                var start = _position;
                var kind = ReadToken(c, tokens.Count > 0 && tokens[tokens.Count - 1].Is(TokenKind.Arrow));
                if (kind is not { } known)
                    continue;
                var span = TextSpan.FromBounds(start, _position);
                var text = known == TokenKind.Text ? Unquote(span) : _source.Slice(span);
                tokens.Add(new Token(known, text, span, firstOnLine, documentation?.ToString()));
                documentation = null;
                firstOnLine = false;
            }
        }
        tokens.Add(new Token(TokenKind.End, "", new TextSpan(_end, 0), true, null));
        return tokens;
    }

    private void ReadComment(ref StringBuilder? documentation)
    {
        var start = _position;
        while (_position < _end && !SourceText.IsLineBreak(_text[_position]))
            _position++;
        if (At(start + 2) != '/' || At(start + 3) == '/')
            return;
        var line = _text.Substring(start + 3, _position - start - 3).Trim();
        documentation = documentation is null ? new StringBuilder(line) : documentation.Append('\n').Append(line);
    }

    /// <summary>A comment as C has it, perhaps over several lines: one mistake, whatever its text is.</summary>
    private void ReadForeignComment()
    {
        var start = _position;
        var close = _text.IndexOf("*/", start + 2, _end - start - 2, StringComparison.Ordinal);
        _position = close < 0 ? _end : close + 2;
        _diagnostics.Add(DiagnosticCatalogue.UnknownCharacter(_source.At(new TextSpan(start, 2)), "/*").WithHint(
            "Comments start with '//', and end with their line."));
    }

    /// <param name="isStage">Whether a stage is expected: there a brace belongs to a counted label and opens no body.</param>
    private TokenKind? ReadToken(char c, bool isStage)
    {
        if (char.IsLetter(c) || c == '_' || char.IsDigit(c) || c == '"' || c == '{' && isStage)
        {
            var label = LabelEnd(_position);
            if (label > 0)
            {
                _position = label;
                return TokenKind.Label;
            }
        }
        if (char.IsLetter(c) || c == '_')
        {
            _position = WordEnd(_position);
            return TokenKind.Identifier;
        }
        if (char.IsDigit(c))
            return ReadNumber();
        if (c == '"')
            return ReadText();
        var two = (c, At(_position + 1)) switch
        {
            ('-', '>') => TokenKind.Arrow,
            ('.', '.') => TokenKind.Range,
            ('=', '=') => TokenKind.Equal,
            ('!', '=') => TokenKind.NotEqual,
            ('<', '=') => TokenKind.LessEqual,
            ('>', '=') => TokenKind.GreaterEqual,
            _ => TokenKind.End,
        };
        if (two != TokenKind.End)
        {
            _position += 2;
            return two;
        }
        if (c == '-' && At(_position + 1) == ' ' && At(_position + 2) == '>')
        {
            _diagnostics.Add(DiagnosticCatalogue.UnknownCharacter(_source.At(new TextSpan(_position, 3)), "- >").WithHint("Write '->'."));
            _position += 3;
            return TokenKind.Arrow;
        }
        if ("()[]{},:=+-*/%.<>".IndexOf(c) is >= 0 and var index)
        {
            _position++;
            return Single[index];
        }
        return Unknown(c);
    }

    private static readonly TokenKind[] Single =
    [
        TokenKind.OpenParen, TokenKind.CloseParen, TokenKind.OpenBracket, TokenKind.CloseBracket, TokenKind.OpenBrace,
        TokenKind.CloseBrace, TokenKind.Comma, TokenKind.Colon, TokenKind.Assign, TokenKind.Plus, TokenKind.Minus,
        TokenKind.Star, TokenKind.Slash, TokenKind.Percent, TokenKind.Dot, TokenKind.Less, TokenKind.Greater,
    ];

    private TokenKind? Unknown(char c)
    {
        if (c == ';' && LineStartsWith("using") && At(LineStart() + 5) == ' ')
        {
            ReportUsing();
            return null;
        }
        if (ClosingQuote(c) is { } close)
        {
            var quoted = TextSpan.FromBounds(_position, close + 1);
            _position = close + 1;
            var before = quoted.Start - 1;
            while (before > 0 && char.IsWhiteSpace(_text[before]))
                before--;
            var isArgument = before >= 0 && _text[before] is ':' or '=' or '(' or ',';
            _diagnostics.Add(DiagnosticCatalogue.OtherQuotes(_source.At(quoted), _source.Slice(quoted)).WithHint(
                isArgument ? "Words such as same and reflect have no quotes at all." : null));
            return null;
        }
        var meant = Lookalikes.Find(c, At(_position + 1));
        var length = char.IsHighSurrogate(c) && char.IsLowSurrogate(At(_position + 1))
            || c == '|' && At(_position + 1) == '>' || meant?.Kind == TokenKind.Arrow && Lookalikes.IsDash(c) ? 2 : 1;
        var span = new TextSpan(_position, length);
        var hint = meant is not null ? $"Write '{meant.Meant}'."
            : LexicalHints.ForCharacter(_text, _position, LineStartsWith("for"));
        _position += length;
        // The same character several times in a row is one mistake.
        while (length == 1 && _position < _end && _text[_position] == c)
            _position++;
        span = TextSpan.FromBounds(span.Start, _position);
        // The text after '#' was meant as a comment.
        if (c == '#')
            while (_position < _end && !SourceText.IsLineBreak(_text[_position]))
                _position++;
        // The same character again in the same line, or the other half of a pair, is no new mistake either.
        var line = _source.PositionOf(span.Start).Line;
        var kind = Lookalikes.IsFullWidth(c) ? Lookalikes.FirstFullWidth : c;
        if (_unknown == (kind, line))
        {
            _repeated.Add(span.Start);
            return meant?.Kind;
        }
        _unknown = (kind, line);
        _diagnostics.Add(DiagnosticCatalogue.UnknownCharacter(_source.At(span), Printable(c, span)).WithHint(hint));
        return meant?.Kind;
    }

    /// <summary>A line as C# has it: one mistake, whatever comes in it.</summary>
    private void ReportUsing()
    {
        var start = LineStart();
        while (_position < _end && !SourceText.IsLineBreak(_text[_position]))
            _position++;
        var line = TextSpan.FromBounds(start, _position);
        _diagnostics.Add(DiagnosticCatalogue.UnknownCharacter(_source.At(line), _source.At(line).OneLine()).WithHint(
            _source.Slice(line).Contains("=") ? "Values are freed by themselves: remove 'using' and the semicolon."
            : "Operations need no import; other files are imported, as in import \"blocks.knnet\"."));
    }

    /// <summary>Where text in quotes of another kind ends in this line, or null where none begins here.</summary>
    private int? ClosingQuote(char c)
    {
        if (!Lookalikes.IsQuote(c))
            return null;
        for (var at = _position + 1; at < _end && !SourceText.IsLineBreak(_text[at]); at++)
            if (_text[at] == c || c != '\'' && (_text[at] == '"' || Lookalikes.IsQuote(_text[at])))
                return at;
        return null;
    }

    private bool LineStartsWith(string word) => string.CompareOrdinal(_text, LineStart(), word, 0, word.Length) == 0;

    /// <summary>Where the text of this line starts.</summary>
    private int LineStart()
    {
        var start = _position;
        while (start > 0 && !SourceText.IsLineBreak(_text[start - 1]))
            start--;
        while (At(start) is ' ' or '\t')
            start++;
        return start;
    }

    /// <summary>The character as a message shows it, or its number where it is invisible.</summary>
    private string Printable(char c, TextSpan span) =>
        char.IsControl(c) || char.IsSurrogate(c) && span.Length < 2 || char.GetUnicodeCategory(c) == UnicodeCategory.Format
            ? $"U+{(int)c:X4}"
            : span.Length > 2 ? c.ToString() : _source.Slice(span);

    private int WordEnd(int from)
    {
        while (char.IsLetterOrDigit(At(from)) || At(from) == '_')
            from++;
        return from;
    }

    private int DigitsEnd(int from)
    {
        while (At(from) is >= '0' and <= '9')
            from++;
        return from;
    }

    private TokenKind ReadNumber()
    {
        var start = _position;
        _position = DigitsEnd(_position);
        var kind = TokenKind.Integer;
        if (At(_position) == '.' && At(_position + 1) is >= '0' and <= '9')
        {
            _position = DigitsEnd(_position + 1);
            kind = TokenKind.Float;
        }
        if (At(_position) is 'e' or 'E')
        {
            var exponent = At(_position + 1) is '+' or '-' ? _position + 2 : _position + 1;
            if (At(exponent) is >= '0' and <= '9')
            {
                _position = DigitsEnd(exponent);
                kind = TokenKind.Float;
            }
        }
        var wordEnd = WordEnd(_position);
        var text = _text.Substring(start, _position - start);
        var fits = wordEnd == _position && (kind == TokenKind.Integer
            ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _)
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
              && !double.IsInfinity(value));
        _position = wordEnd;
        if (!fits)
            ReportNumber(text, TextSpan.FromBounds(start, _position));
        return kind;
    }

    private void ReportNumber(string digits, TextSpan span)
    {
        var text = _source.Slice(span);
        var next = span.End;
        while (At(next) == ' ')
            next++;
        var isName = At(next) == '=' && At(next + 1) != '=' || At(next) == ':';
        // A name that is used again is the same mistake.
        if (_misnamed.Contains(text))
            _repeated.Add(span.Start);
        else
            _diagnostics.Add(DiagnosticCatalogue.BadNumber(_source.At(span), text).WithHint(
                isName ? "A name begins with a letter or '_'." : LexicalHints.ForNumber(digits, text.Substring(digits.Length))));
        if (isName)
            _misnamed.Add(text);
    }

    private TokenKind ReadText()
    {
        var start = _position++;
        while (_position < _end && At(_position) != '"' && !SourceText.IsLineBreak(At(_position)))
            _position++;
        if (At(_position) == '"')
            _position++;
        else
            _diagnostics.Add(DiagnosticCatalogue.OpenText(_source.At(TextSpan.FromBounds(start, _position))));
        return TokenKind.Text;
    }

    private string Unquote(TextSpan span)
    {
        var raw = _source.Slice(span);
        return raw.Length > 1 && raw[raw.Length - 1] == '"' ? raw.Substring(1, raw.Length - 2) : raw.Substring(1);
    }

    /// <summary>The end of words and dots that no colon follows: a label starts at none of these words.</summary>
    private int _noLabelBefore;

    /// <summary>
    /// The end of a label that is more than a word (<c>inner.0</c>, <c>block{i + 1}</c>, <c>"block1-0"</c>, <c>0</c>) if one
    /// starts here and a colon follows, else 0. A label of one word is an identifier: the grammar sees the colon.
    /// </summary>
    private int LabelEnd(int from)
    {
        if (from < _noLabelBefore)
            return 0;
        var position = from;
        var isRow = true;
        var plain = char.IsLetter(At(from)) || At(from) == '_';
        while (true)
        {
            var segment = position;
            if (At(position) == '"')
            {
                var close = position + 1;
                while (close < _end && _text[close] != '"' && !SourceText.IsLineBreak(_text[close]))
                    close++;
                if (At(close) != '"')
                    return 0;
                position = close + 1;
                plain = isRow = false;
            }
            else
            {
                while (true)
                {
                    var word = WordEnd(position);
                    if (At(word) != '{')
                    {
                        position = word;
                        break;
                    }
                    var close = word + 1;
                    while (close < _end && _text[close] is not ('}' or '{') && !SourceText.IsLineBreak(_text[close]))
                        close++;
                    if (At(close) != '}')
                        return 0;
                    position = close + 1;
                    plain = isRow = false;
                }
            }
            if (position == segment)
                return 0;
            if (At(position) != '.' || At(position + 1) == '.')
                break;
            plain = false;
            position++;
        }
        var colon = position;
        while (At(colon) is ' ' or '\t')
            colon++;
        if (At(colon) == ':')
            return plain ? 0 : position;
        if (isRow)
            _noLabelBefore = position;
        return 0;
    }
}
