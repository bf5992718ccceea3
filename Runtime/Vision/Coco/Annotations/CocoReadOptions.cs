using System;
using System.Collections.Generic;

namespace KnDsl.Vision;

/// <summary>How a file of annotations is read.</summary>
public sealed record CocoReadOptions
{
    /// <summary>What is done with an entry that cannot be used.</summary>
    public BadEntries BadEntries { get; init; } = BadEntries.Fatal;

    /// <summary>
    /// Whether a binary copy is kept beside the json, in a file of its name and <c>.cache</c>, which is read in its place as long as the
    /// json keeps its length and time.
    /// </summary>
    public bool UseCache { get; init; } = true;

    /// <summary>
    /// The folder of the images, which must be there; an image whose file is not in it is a bad entry. Null checks none.
    /// </summary>
    public string? ImageFolder { get; init; }

    /// <summary>
    /// The categories that a network was trained on, the first with label 0; another category in the file is a bad entry. Null gives the
    /// file's categories their labels in the order of their ids.
    /// </summary>
    /// <exception cref="ArgumentException">A category is listed twice, and would have two labels.</exception>
    public IReadOnlyList<string>? Categories { get; init => field = Distinct(value); }

    private static IReadOnlyList<string>? Distinct(IReadOnlyList<string>? names)
    {
        var labels = new Dictionary<string, int>();
        for (var label = 0; label < names?.Count; label++)
        {
            if (!labels.TryAdd(names[label], label))
            {
                throw new ArgumentException(
                    $"Categories has '{names[label]}' at {labels[names[label]]} and at {label}, but a category has one label: list it "
                    + "once.",
                    nameof(Categories));
            }
        }
        return names;
    }
}
