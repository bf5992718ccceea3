using System;
using System.Collections.Generic;
using System.IO;

namespace KnDsl.Training;

/// <summary>Says what does not end a training, each message once.</summary>
/// <param name="output">Where it is said; null is the console's error stream.</param>
internal sealed class Notices(TextWriter? output = null)
{
    private readonly HashSet<string> _said = [];

    /// <summary>Says that something could not be done.</summary>
    /// <param name="message">What, and why.</param>
    /// <param name="after">What comes of it.</param>
    public void Say(string message, string after = "")
    {
        if (!_said.Add(message))
            return;
        try
        {
            // On a line of its own, where a moving one may be.
            (output ?? Console.Error).WriteLine($"{Environment.NewLine}{message.TrimEnd('.')}.{after}");
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException)
        {
            // A terminal that was closed: nobody reads it.
        }
    }
}
