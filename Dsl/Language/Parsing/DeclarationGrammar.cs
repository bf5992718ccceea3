using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using Sprache;

namespace KnDsl.Language.Parsing;

/// <summary>The declarations of a file: imports, the namespace, extern modules, and the headers of networks and blocks.</summary>
internal static class DeclarationGrammar
{
    private static readonly Parser<Name> DottedName = ExpressionGrammar.Name.FollowedBy(
        Tokens.Dot.Then(_ => ExpressionGrammar.Name),
        (first, rest) => new Name(
            first.Text + string.Concat(rest.Select(part => "." + part.Text)), TextSpan.Union(first.Span, rest[rest.Count - 1].Span)));

    public static readonly Parser<ImportDeclaration> Import =
        from keyword in Tokens.Word("import")
        from path in Tokens.QuotedText
        select new ImportDeclaration(path.Text, path.Span, TextSpan.Union(keyword.Span, path.Span));

    public static readonly Parser<NamespaceDeclaration> Namespace =
        from keyword in Tokens.Word("namespace")
        from name in DottedName
        select new NamespaceDeclaration(name.Text, TextSpan.Union(keyword.Span, name.Span));

    /// <summary>A parameter, or an input with its sizes if it has some.</summary>
    private sealed record HeaderItem(Name Name, Parameter? Parameter, ShapeSyntax? Shape);

    private static readonly Parser<HeaderItem> SizedInput =
        from name in ExpressionGrammar.Name
        from shape in ExpressionGrammar.Shape
        select new HeaderItem(name, null, shape);

    /// <summary>A parameter has a type. An item without a type is an input of the block, with or without sizes.</summary>
    private static readonly Parser<HeaderItem> Item = SizedInput.StartingWith(TokenKind.Identifier, TokenKind.OpenBracket).Or(
        from name in ExpressionGrammar.Name
        from type in (
            from colon in Tokens.Colon
            from typeName in ExpressionGrammar.Name.Called("a type")
            from list in Tokens.OpenBracket.Then(_ => Tokens.CloseBracket).Optional()
            from value in Tokens.Assign.Then(_ => ExpressionGrammar.Disjunction).Optional()
            let last = value.IsDefined ? value.Get().Span : list.IsDefined ? list.Get().Span : typeName.Span
            select new Parameter(name, typeName, list.IsDefined, value.GetOrDefault(), TextSpan.Union(name.Span, last))).Optional()
        select new HeaderItem(name, type.GetOrDefault(), null));

    private static readonly Parser<IReadOnlyList<HeaderItem>> Items =
        Item.Within(Tokens.OpenParen, Tokens.CloseParen).Select(items => items.Items);

    /// <summary>A network or block up to its brace.</summary>
    public static Parser<ModuleDeclaration> ModuleHeader(ModuleKind kind) =>
        from keyword in Tokens.Identifier
        from name in ExpressionGrammar.Name
        from items in Items.Optional()
        let all = items.GetOrElse([])
        select new ModuleDeclaration(
            kind, name,
            all.Where(item => item.Parameter is null).Select(item => item.Name).ToArray(),
            all.Where(item => item.Parameter is not null).Select(item => item.Parameter!).ToArray(),
            [], null, TextSpan.Union(keyword.Span, name.Span))
        {
            InputShapes = all.Where(item => item.Parameter is null).Select(item => item.Shape).ToArray(),
        };

    /// <param name="documentation">The doc comment before it.</param>
    public static Parser<ExternDeclaration> Extern(string? documentation) =>
        from keyword in Tokens.Word("extern")
        from name in DottedName
        from items in Items.Optional()
        from colon in Tokens.Colon
        from inputs in ExpressionGrammar.Shape.Listed()
        from arrow in Tokens.Arrow
        from outputs in ExpressionGrammar.Shape.Listed()
        let all = items.GetOrElse([])
        select new ExternDeclaration(
            name, all.Where(item => item.Parameter is not null).Select(item => item.Parameter!).ToArray(),
            inputs, outputs, documentation, TextSpan.Union(keyword.Span, outputs[outputs.Count - 1].Span))
        {
            Untyped = all.Where(item => item.Parameter is null).Select(item => item.Name).ToArray(),
        };
}
