using System.Collections.Generic;
using Sprache;

namespace KnDsl.Language.Parsing;

/// <summary>
/// One statement's tokens as Sprache's input: a "character" is a token's kind. It remembers the furthest token that any
/// alternative asked for and what was asked there: that is where, and why, a statement went wrong.
/// </summary>
internal sealed class TokenInput : IInput
{
    private readonly Furthest _furthest;
    private TokenInput? _next;
    private IResult<Token>? _failure;

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

    public string Source => "";

    public char Current => (char)Token.Kind;

    public bool AtEnd => Position >= Limit;

    public int Line => 0;

    public int Column => Position;

    /// <summary>
    /// Where Sprache's Ref notes the rules that it is in. It is new at every look: Ref throws where one alternative failed at a
    /// rule and the next one tries the same rule at the same token, and it finds left recursion, of which this grammar has none.
    /// </summary>
    public IDictionary<object, object> Memos => new Dictionary<object, object>();

    public int FurthestPosition => _furthest.Position;

    public IReadOnlyCollection<string> Expected => _furthest.Expected;

    public bool Equals(IInput? other) => other is TokenInput input && input.Position == Position && input.Tokens == Tokens;

    public IInput Advance() => _next ??= new TokenInput(Tokens, Position + 1, Limit, _furthest);

    /// <summary>Notes that a token of this description was wanted here and not found.</summary>
    /// <returns>The failure, one for all tokens that are wanted here: its text is not used.</returns>
    public IResult<Token> Want(string expected)
    {
        if (Position > _furthest.Position)
        {
            _furthest.Position = Position;
            _furthest.Expected.Clear();
        }
        if (Position == _furthest.Position && !_furthest.Expected.Contains(expected))
            _furthest.Expected.Add(expected);
        return _failure ??= Result.Failure<Token>(this, "", []);
    }

    /// <summary>What was wanted at this token so far; see <see cref="Rename"/>.</summary>
    public int WantedHere => Position == _furthest.Position ? _furthest.Expected.Count : 0;

    /// <summary>Replaces all that was wanted here since <paramref name="before"/> by one description, unless a reader got further.</summary>
    public void Rename(int before, string description)
    {
        if (Position != _furthest.Position)
            return;
        _furthest.Expected.RemoveRange(before, _furthest.Expected.Count - before);
        Want(description);
    }

    private sealed class Furthest
    {
        public int Position { get; set; }

        public List<string> Expected { get; } = [];
    }
}
