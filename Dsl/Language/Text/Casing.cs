namespace KnDsl.Language.Text;

/// <summary>The case of letters in names.</summary>
internal static class Casing
{
    /// <summary>The same with a capital first letter: <c>image</c> becomes <c>Image</c>.</summary>
    public static string Capital(string name) => char.ToUpperInvariant(name[0]) + name.Substring(1);
}
