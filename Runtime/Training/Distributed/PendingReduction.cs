using System;
using System.Diagnostics;
using System.Threading;

namespace KnDsl.Training;

/// <summary>An operation of a <see cref="ProcessGroup"/> that was started and goes on beside the program.</summary>
public sealed class PendingReduction : IDisposable
{
    // Waiting must not take a core from those who are waited for, and must not add a millisecond to what takes a tenth of one.
    private const int YieldsBeforeSleep = 200;

    private readonly EngineWork? _work;
    private readonly TimeSpan _timeout;
    private readonly Action? _finish;
    private readonly Func<string, DistributedException>? _fail;
    private readonly long _start = Stopwatch.GetTimestamp();
    private bool _isFinished;

    internal PendingReduction(EngineWork? work, TimeSpan timeout, Action? finish, Func<string, DistributedException>? fail)
    {
        _work = work;
        _timeout = timeout;
        _finish = finish;
        _fail = fail;
        if (work is null)
            Finish();
    }

    /// <summary>Whether the operation has ended, well or not; <see cref="Wait"/> does not wait any more then.</summary>
    public bool IsCompleted => _isFinished || _work!.IsCompleted;

    /// <summary>Waits until the operation has ended; only after it does the tensor hold the result.</summary>
    /// <exception cref="DistributedException">Another process has ended, or did not answer in time.</exception>
    public void Wait()
    {
        for (var turn = 0; !IsCompleted; turn++)
        {
            if (Stopwatch.GetElapsedTime(_start) > _timeout)
            {
                _work!.Abort();
                throw _fail!(
                    $"did not end within {_timeout.TotalSeconds:0.#} s: another process hangs, is cut off, or called other operations");
            }

            if (turn < YieldsBeforeSleep)
                Thread.Yield();
            else
                Thread.Sleep(1);
        }

        if (_isFinished)
            return;
        if (_work!.Failure is { } failure)
            throw _fail!($"failed ({failure}): another process has ended, or its connection was cut");
        Finish();
    }

    /// <summary>Waits, if nobody has.</summary>
    public void Dispose()
    {
        if (!_isFinished && _work is { Failure: null })
            Wait();
    }

    private void Finish()
    {
        _isFinished = true;
        _finish?.Invoke();
        _work?.Dispose();
    }
}
