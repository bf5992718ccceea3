using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace KnDsl.Generator.Tests;

/// <summary>The recipes of docs/hooks.md, run as they stand there on the network of the README.</summary>
public sealed class HookPageTests : TorchTest
{
    [Fact]
    public void TheRecipesGiveWhatTheySay()
    {
        var network = GeneratedCase.Inline(Blocks("README.md", "knnet").First());
        var recipes = Blocks("docs/hooks.md", "csharp");
        Assert.Equal(4, recipes.Length);
        var use = $$"""
            using System.Collections.Generic;
            using Project;
            using TorchSharp;
            using static TorchSharp.torch;

            public static class Recipes
            {
                public static string Features()
                {
                    {{recipes[0]}}
                    return string.Join(",", kept.shape) + kept.requires_grad;
                }

                public static string Shapes()
                {
                    {{recipes[1]}}
                    return string.Join("; ", shapes);
                }

                public static string Called()
                {
                    {{recipes[2]}}
                    return string.Join(" ", called);
                }

                public static string GradCam()
                {
                    {{recipes[3]}}
                    return string.Join(",", heat.shape) + heat.isfinite().all().item<bool>() + (weights.abs().sum().item<float>() > 0);
                }
            }
            """;
        var compilation = network.Compile()
            .AddSyntaxTrees(CSharpSyntaxTree.ParseText(use, Host.ParseOptions.WithDocumentationMode(DocumentationMode.None)));
        Assert.Empty(compilation.GetDiagnostics().Where(found => found.Severity != DiagnosticSeverity.Hidden).Select(found => $"{found}"));
        using var image = new MemoryStream();
        Assert.True(compilation.Emit(image).Success);
        var type = Assembly.Load(image.ToArray()).GetType("Recipes")!;
        Assert.Equal("2,16,32,32False", Run("Features"));
        Assert.Equal(
            "conv1: [2, 16, 32, 32]; bn1: [2, 16, 32, 32]; conv2: [2, 16, 32, 32]; bn2: [2, 16, 32, 32]; fc: [2, 10]", Run("Shapes"));
        Assert.Equal("conv1 bn1 conv2 bn2 fc", Run("Called"));
        Assert.Equal("1,32,32TrueTrue", Run("GradCam"));

        object? Run(string recipe) => type.GetMethod(recipe)!.Invoke(null, null);
    }

    private static string[] Blocks(string page, string language)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, page)).ReplaceLineEndings("\n");
        return [.. Regex.Matches(text, $"^```{language}\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)
            .Select(match => match.Groups[1].Value)];
    }
}
