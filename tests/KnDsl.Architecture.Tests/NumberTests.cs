using System.IO;
using System.Linq;
using Xunit;

namespace KnDsl.Architecture.Tests;

/// <summary>
/// A number that C# gives to native code is an object of TorchSharp which the garbage collector may free while native code reads it, when
/// another thread causes a collection (docs/training.md). What runs beside threads that read data holds its numbers.
/// </summary>
public sealed class NumberTests
{
    [Theory]
    [InlineData("Runtime/Core")]
    [InlineData("Runtime/Training")]
    [InlineData("Runtime/Vision")]
    [InlineData("Samples/Detection")]
    [InlineData("Samples/ImageNet")]
    [InlineData("Samples/Study")]
    public void Numbers_for_native_code_are_held(string folder)
    {
        var files = new[] { "Dsl/Language/Text", "Runtime/Core", "Runtime/Training", "Runtime/Vision", folder }.Distinct()
            .SelectMany(Sources.Below).ToArray();
        var compilation = Sources.Compile(files);
        Violation.CheckNone([
            .. from file in files
               where file.FilePath.StartsWith(folder + "/", System.StringComparison.Ordinal)
               // The one makes what is held, the other is given nothing else.
               where Path.GetFileName(file.FilePath) is not ("Numbers.cs" or "CompiledScript.cs")
               from place in UnheldNumbers.In(compilation.GetSemanticModel(file))
               select new Violation(file.FilePath, Sources.LineOf(place), $"makes a number that nothing holds: {place}; see KnDsl.Numbers"),
        ]);
    }
}
