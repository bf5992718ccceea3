using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace KnDsl.Architecture.Tests;

/// <summary>The language knows nothing of C#: another printer than the generator's could read its model.</summary>
public sealed class LanguageTests
{
    private const string Runtime = "the runtime";

    /// <summary>What is C# wherever it appears in a text. A single word is a name, and may be anyone's.</summary>
    private static readonly (string Name, Regex Pattern)[] Marks =
    [
        ("a constructor", new(@"\bnew\b *(\(|\[|\{|[A-Z][\w.]*[(<\[])")),
        ("a null-conditional", new(@"\w\?\.|\?\?")),
        ("a lambda", new(@"=> *\S|\w+ *=>")),
        ("a statement", new(@"[\w)}\]];\z|^\s*(return|throw|var|using|if \() ")),
        ("an operator", new(@"&&|\|\||!=? *null|\bis (not )?null\b|\+=")),
        ("a call", new(@"\.(call|forward|Invoke|ToString|Select|ToArray|Value)\(")),
        ("a cast", new(@"\((long|int|double|float|object)\) ?[\w(]")),
        ("a call of torch", new(@"\b(torch|nn|functional)\.[\w.]*\((?!\))")),
        (Runtime, new(@"\b(NormPolicy|ChannelState|NormLayer)\b|\b(KnDsl|TorchSharp)\.\w|\bglobal::")),
    ];

    /// <summary>A name that speaks of C#, or of code that is written.</summary>
    private static readonly Regex OfCode = new("CSharp|^Code[A-Z]|Emit");

    [Fact]
    public void No_text_of_the_language_is_csharp() =>
        Violation.CheckNone([.. Sources.Below("Dsl/Language").SelectMany(InTexts)]);

    [Fact]
    public void The_generator_writes_csharp_in_one_folder() => Violation.CheckNone([
        // Symbols of the runtime are looked up by their names wherever C# is read.
        .. Sources.Below("Generator").Where(file => !file.FilePath.StartsWith("Generator/Writing/", StringComparison.Ordinal))
            .SelectMany(InTexts)
            .Where(violation => !violation.What.StartsWith(Runtime, StringComparison.Ordinal)),
    ]);

    /// <summary>A name in a template could be hidden by one of the project's; a text that is a name asks for its alias.</summary>
    [Fact]
    public void Written_code_takes_names_from_elsewhere_by_their_aliases()
    {
        var names = Sources.Below("Runtime/Core").SelectMany(file => file.GetRoot().DescendantNodes().OfType<BaseTypeDeclarationSyntax>())
            .Select(type => type.Identifier.ValueText)
            .Concat(["Tensor", "Device", "ScalarType", "ModuleList", "List", "IReadOnlyList", "nn", "torch", "ComponentName"]);
        var name = new Regex($@"(?<![\w'])({string.Join("|", names.Distinct())})(?=[?.<( ])");
        Violation.CheckNone([
            .. from file in Sources.Below("Generator/Writing")
               from node in file.GetRoot().DescendantNodes()
               let text = node switch
               {
                   LiteralExpressionSyntax literal when literal.Token.Value is string value => value,
                   InterpolatedStringTextSyntax part => part.TextToken.ValueText,
                   _ => "",
               }
               where name.IsMatch(text) && !Regex.IsMatch(text, @"^[\w.]*$")
               select new Violation(file.FilePath, Sources.LineOf(node), $"'{name.Match(text).Value}' in a text"),
        ]);
    }

    /// <summary>Only what keeps a text on its line may write it.</summary>
    [Fact]
    public void Comments_are_written_in_one_place() => Violation.CheckNone([
        .. from file in Sources.Below("Generator/Writing")
           where !file.FilePath.EndsWith("CodeWriter.cs", StringComparison.Ordinal)
           from node in file.GetRoot().DescendantNodes()
           where node is LiteralExpressionSyntax { Token.Value: string value } && value.Contains("//", StringComparison.Ordinal)
               || node is InterpolatedStringTextSyntax part && part.TextToken.ValueText.Contains("//", StringComparison.Ordinal)
           select new Violation(file.FilePath, Sources.LineOf(node), "a comment in a text"),
    ]);

    [Fact]
    public void No_name_of_the_language_speaks_of_csharp() => Violation.CheckNone([
        .. from file in Sources.Below("Dsl/Language")
           from token in file.GetRoot().DescendantTokens()
           where token.IsKind(SyntaxKind.IdentifierToken) && OfCode.IsMatch(token.ValueText)
           group token by (file.FilePath, token.ValueText) into same
           select new Violation(same.Key.FilePath, Sources.LineOf(same.First()), $"the name {same.Key.ValueText}"),
    ]);

    [Fact]
    public void The_language_refers_to_Sprache_only()
    {
        var project = XDocument.Load(Path.Combine(Repository.Root, "Dsl", "Language", "KnDsl.Language.csproj"));
        Assert.Equal(["Sprache"], project.Descendants("PackageReference").Select(reference => reference.Attribute("Include")!.Value));
        Assert.Empty(project.Descendants("ProjectReference"));
        Assert.Empty(project.Descendants("Reference"));
    }

    [Theory]
    [InlineData("new Conv2d(", "a constructor")]
    [InlineData("x?.Relu()", "a null-conditional")]
    [InlineData("x => x + 1", "a lambda")]
    [InlineData("x = y;", "a statement")]
    [InlineData("return x", "a statement")]
    [InlineData("a && b", "an operator")]
    [InlineData("layer.call(", "a call")]
    [InlineData("(long)x", "a cast")]
    [InlineData("torch.nn.functional.relu(", "a call of torch")]
    [InlineData("NormPolicy.Kalman()", "the runtime")]
    public void Csharp_is_told_from_prose(string text, string mark) => Assert.Contains(mark, MarksIn(text));

    [Theory]
    [InlineData("A label ends with a colon, as in 'conv1: conv'.")]
    [InlineData("'cnov' is no operation; expected another name.")]
    [InlineData("Expected a new name, found '->'.")]
    [InlineData("=>")]
    [InlineData("NormPolicy")]
    [InlineData("The first half of the channels times the sigmoid of the second (torch.nn.GLU over the channels).")]
    [InlineData("The output is stride times the input; ")]
    [InlineData("Expected 'if' or '->', found 'return'.")]
    public void Prose_is_not_csharp(string text) => Assert.Empty(MarksIn(text));

    private static IEnumerable<string> MarksIn(string text) =>
        Regex.IsMatch(text, @"^\w*$") ? [] : Marks.Where(mark => mark.Pattern.IsMatch(text)).Select(mark => mark.Name);

    /// <summary>Every text in a file that is C#, one of a kind.</summary>
    private static IEnumerable<Violation> InTexts(SyntaxTree file) =>
        from node in file.GetRoot().DescendantNodes()
        let text = node switch
        {
            LiteralExpressionSyntax literal when literal.Token.Value is string value => value,
            InterpolatedStringTextSyntax part => part.TextToken.ValueText,
            _ => null,
        }
        where text is not null
        from mark in MarksIn(text)
        group node by mark into same
        select new Violation(file.FilePath, Sources.LineOf(same.First()), $"{same.Key} in a text");
}
