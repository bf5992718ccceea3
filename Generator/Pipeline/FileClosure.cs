using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using KnDsl.Language.Checking;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Parsing;
using KnDsl.Language.Text;

namespace KnDsl.Generator.Pipeline;

/// <summary>A .knnet file as the project has it, with the paths that it imports and the names that it declares.</summary>
internal sealed record KnnetText(string Path, string Content, EquatableArray<string> Imports, DeclaredNames Names)
{
    public static KnnetText Read(string path, string content)
    {
        var tokens = Lexer.Tokenize(new SourceText(path, content), new DiagnosticBag());
        return new KnnetText(path, content,
            new EquatableArray<string>(After(tokens, "import").Where(token => token.Is(TokenKind.Text))
                .Select(token => FileGraph.Resolve(path, token.Text))),
            new DeclaredNames(NamespaceOf(tokens), new EquatableArray<string>(After(tokens, "network").Concat(After(tokens, "block"))
                .Where(token => token.Is(TokenKind.Identifier)).Select(token => token.Text))));
    }

    /// <summary>What follows a word that begins a line.</summary>
    private static IEnumerable<Token> After(IReadOnlyList<Token> tokens, string word) =>
        tokens.Zip(tokens.Skip(1), (one, next) => (one, next))
        .Where(pair => pair.one.FirstOnLine && pair.one.IsWord(word)).Select(pair => pair.next);

    private static string NamespaceOf(IReadOnlyList<Token> tokens)
    {
        var first = tokens.TakeWhile(token => !(token.FirstOnLine && token.IsWord("namespace"))).Count() + 1;
        var parts = tokens.Skip(first).TakeWhile((token, i) => token.Is(i % 2 == 0 ? TokenKind.Identifier : TokenKind.Dot))
            .Where(token => token.Is(TokenKind.Identifier)).Select(token => token.Text).ToArray();
        return string.Join(".", parts);
    }
}

/// <summary>The namespace that a file says, or empty, and the classes that it declares, whether or not they are right.</summary>
internal sealed record DeclaredNames(string Namespace, EquatableArray<string> Classes);

/// <summary>A file and all that it imports, directly or by way of others.</summary>
internal sealed record FileClosure(KnnetText File, EquatableArray<KnnetText> Imported)
{
    public SourceText? Resolve(string path)
    {
        foreach (var file in Imported)
            if (file.Path == path)
                return new SourceText(file.Path, file.Content);
        return null;
    }
}

/// <summary>All files of the project by path.</summary>
internal sealed class ImportTable(ImmutableArray<KnnetText> files)
{
    private readonly Dictionary<string, KnnetText> _files = files.GroupBy(file => file.Path)
        .ToDictionary(group => group.Key, group => group.First());

    public FileClosure ClosureOf(KnnetText file)
    {
        var reached = new SortedDictionary<string, KnnetText>(StringComparer.Ordinal);
        var open = new Stack<KnnetText>([file]);
        while (open.Count > 0)
            foreach (var path in open.Pop().Imports)
                if (_files.TryGetValue(path, out var imported) && !reached.ContainsKey(path))
                {
                    reached[path] = imported;
                    open.Push(imported);
                }
        return new FileClosure(file, new EquatableArray<KnnetText>(reached.Values));
    }
}
