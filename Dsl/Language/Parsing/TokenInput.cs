using System.Collections.Generic;
using Sprache;

namespace KnDsl.Language.Parsing;

/// <summary>
/// One statement's tokens as Sprache's input: a "character" is a token's kind. It remembers the furthest token that any
/// alternative looked at, and what it wanted there: that is where, and why, a statement cannot be read. Sprache's own results
/// forget it as soon as an alternative fits or an optional part is left out.
/// </summary>
internal sealed class TokenInput : IInput
{
    private readonly Furthest _furthest;
    private TokenInput? _next;

    public TokenInput(IReadOnlyList<Token> tokens, int position, int end)
        : this(tokens, position, end, new Furthest { Position = position })
    {
    }

    private TokenInput(IReadOnlyList<Token> tokens, int position, int end, Furthest furthest)
    {
        Tokens = tokens;
        Position = position;
        Limit = end;
        _furthest = furthest;
    }

    public IReadOnlyList<Token> Tokens { get; }

    /// <summary>The token after the statement's last.</summary>
    public int Limit { get; }

    public int Position { get; }

    public Token Token => Tokens[Position];

    /// <summary>Whether the token after this one belongs to the statement and is of a kind.</summary>
    public bool IsBefore(TokenKind kind) => Position + 1 < Limit && Tokens[Position + 1].Kind == kind;

    public string Source => "";

    public char Current => (char)Token.Kind;

    public bool AtEnd => Position >= Limit;

    public int Line => 0;

    public int Column => Position;

    /// <summary>
    /// Where Sprache's Ref notes the rules that it is in, forgotten at every look: Ref would throw where one alternative failed at
    /// a rule and the next one tries that rule at the same token. What it looks for is left recursion; this grammar has none.
    /// </summary>
    public IDictionary<object, object> Memos
    {
        get
        {
            _furthest.Memos.Clear();
            return _furthest.Memos;
        }
    }

    /// <summary>The furthest token that any parser looked at in vain.</summary>
    public int FurthestPosition => _furthest.Position;

    /// <summary>The descriptions of the tokens that were wanted there.</summary>
    public IReadOnlyCollection<string> Expected => _furthest.Expected;

    public bool Equals(IInput? other) => other is TokenInput input && input.Position == Position && input.Tokens == Tokens;

    public IInput Advance() => _next ??= new TokenInput(Tokens, Position + 1, Limit, _furthest);

    /// <summary>Notes that a token of this description was wanted here and not found.</summary>
    public void Want(string expected)
    {
        if (Position > _furthest.Position)
        {
            _furthest.Position = Position;
            _furthest.Expected.Clear();
        }
        if (Position == _furthest.Position && !_furthest.Expected.Contains(expected))
            _furthest.Expected.Add(expected);
    }

    /// <summary>How many descriptions were wanted at this token so far; see <see cref="Rename"/>.</summary>
    public int WantedHere => Position == _furthest.Position ? _furthest.Expected.Count : 0;

    /// <summary>
    /// Replaces all that was wanted here since <paramref name="before"/> by one description, unless a parser has got further.
    /// </summary>
    public void Rename(int before, string description)
    {
        if (Position != _furthest.Position)
            return;
        _furthest.Expected.RemoveRange(before, _furthest.Expected.Count - before);
        Want(description);
    }

    /// <summary>The state that all inputs of a statement share.</summary>
    private sealed class Furthest
    {
        public int Position { get; set; }

        public List<string> Expected { get; } = [];

        public Dictionary<object, object> Memos { get; } = [];
    }
}
