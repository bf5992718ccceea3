using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace KnDsl.Training;

/// <summary>
/// Ctrl-C, and what a scheduler sends before it kills (SIGTERM), as a token that a training watches: it ends its step, writes a checkpoint
/// and returns. A second Ctrl-C ends the process at once. A second SIGTERM changes nothing, nor does one beside a first Ctrl-C: a manager
/// or a terminal may send a signal to a launcher and to its processes, and the launcher sends them its own.
/// </summary>
public sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private bool _wasInterrupted;

    /// <summary>Begins to listen.</summary>
    public Interruption()
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
        ];
    }

    /// <summary>Canceled when somebody asks the training to end.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Ends listening.</summary>
    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        // The second time Ctrl-C does what it does without this.
        if (context.Signal == PosixSignal.SIGINT && Interlocked.Exchange(ref _wasInterrupted, true))
            return;
        context.Cancel = true;
        _source.Cancel();
    }
}
