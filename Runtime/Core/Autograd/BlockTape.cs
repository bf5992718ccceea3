using System;
using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// One forward pass of a block whose values are given up and computed again. While the block runs, the tape takes over each value that is
/// no longer read and that the graph has saved; when it ends, the memory of all of them is released, and a <see cref="RecomputeTrigger"/>
/// comes after the outputs. Its gradient lets the block run once more: the values that pass the same places then lend their memory to
/// those that the graph has.
/// </summary>
/// <remarks>
/// The graph stays what it is without the tape, and so do the sums of gradients. Places are counted: where a value is freed, and before
/// and after a normalization layer. What nobody frees by name, such as a mask inside an operation, stays.
/// </remarks>
internal sealed class BlockTape : IDisposable
{
    [ThreadStatic]
    private static BlockTape? _current;

    /// <summary>Those of this thread whose memory is here again and not yet given back.</summary>
    [ThreadStatic]
    private static List<BlockTape>? _restored;

    [ThreadStatic]
    private static long _givenUp;

    private readonly TensorMemory _memory;
    private readonly IDisposable _block;
    private readonly Action _replay;
    private readonly List<TapedValue> _values = [];
    private readonly List<RecordedNorm> _norms = [];

    // Values by their handles, each with the first place that it passed.
    private readonly Dictionary<Tensor, int> _seen = new(ReferenceEqualityComparer.Instance);
    private readonly List<(IntPtr Tensor, IntPtr Storage)> _saves = [];
    private Dictionary<int, TapedValue> _byPlace = [];
    private Dictionary<IntPtr, TapedValue> _byTensor = [];
    private int _places;
    private int _nextNorm;
    private int _missing;
    private bool _isReplaying;
    private bool _isCancelled;

    private BlockTape(TensorMemory memory, IDisposable block, Action replay) => (_memory, _block, _replay) = (memory, block, replay);

    /// <summary>The tape of the block that runs in this thread, for the first time or again; null where none does.</summary>
    public static BlockTape? Current => _current;

    /// <summary>The tape of the block that runs for the first time.</summary>
    public static BlockTape? Recording => _current is { _isReplaying: false, _isCancelled: false } tape ? tape : null;

    /// <summary>How many bytes this thread's passes of blocks have given up, between the passes and after the gradient.</summary>
    public static long GivenUp => _givenUp;

    /// <summary>Whether the block runs again.</summary>
    public bool IsReplaying => _isReplaying;

    /// <summary>How many normalization layers have been recorded.</summary>
    public int Norms => _norms.Count;

    /// <summary>Begins a tape in this thread.</summary>
    /// <param name="memory">The memory of tensors.</param>
    /// <param name="block">What belongs to the block's pass, freed with the tape.</param>
    /// <param name="replay">Runs the block once more, with the inputs of the first time.</param>
    public static BlockTape Begin(TensorMemory memory, IDisposable block, Action replay) => _current = new(memory, block, replay);

    /// <summary>Ends the recording of the pass, which gives nothing up where it did not come to <see cref="Finish"/>.</summary>
    public void End()
    {
        if (_current == this)
        {
            _current = null;
            Dispose();
        }
    }

    /// <summary>Nothing of this pass is given up: something in it would not be the same a second time.</summary>
    public void Cancel()
    {
        _isCancelled = true;
        DropValues();
    }

    // ---- the block runs ------------------------------------------------------------------------------------------

    /// <summary>A value that is there, before anybody frees it.</summary>
    public void See(Tensor value)
    {
        var place = _places++;
        if (_isReplaying)
            Take(value, place);
        else if (!_isCancelled)
            _seen.TryAdd(value, place);
    }

    /// <summary>Takes a value over that the block no longer reads, where the graph has saved it, and frees it where not.</summary>
    public void Free(Tensor value)
    {
        var place = _places++;
        if (_isReplaying)
            Take(value, place);
        var isFirst = !_seen.Remove(value, out var first);
        if (_isReplaying || _isCancelled || (TensorMemory.Holders(value) == 1 && _memory.Aliases(value) == 1))
            value.Dispose();
        else
            _values.Add(new(value.DetachFromDisposeScope(), isFirst ? place : first));
    }

    /// <summary>What a normalization layer has done.</summary>
    public void Add(RecordedNorm norm) => _norms.Add(norm);

    /// <summary>Forgets what normalization layers have done since a number of them were recorded.</summary>
    /// <param name="count">The number.</param>
    public void ForgetNorms(int count)
    {
        foreach (var norm in _norms.Skip(count))
            norm.Dispose();
        _norms.RemoveRange(count, _norms.Count - count);
    }

    /// <summary>What the next normalization layer did the first time.</summary>
    public RecordedNorm NextNorm() => _norms[_nextNorm++];

    /// <summary>A node of the graph saves a tensor until it is deleted.</summary>
    public void Save(Tensor tensor) => _saves.Add((TensorMemory.Identity(tensor), _memory.Storage(tensor)));

    /// <summary>Ends the pass: gives the values' memory up, and puts the trigger after the outputs.</summary>
    /// <param name="outputs">The outputs of the block.</param>
    /// <param name="kept">Further tensors whose memory stays.</param>
    /// <returns>The outputs; where there is a trigger, other handles in the current dispose scope.</returns>
    public Tensor[] Finish(Tensor[] outputs, IEnumerable<Tensor> kept)
    {
        _current = null;
        var ends = outputs.Where(output => output.requires_grad).ToArray();
        if (ends.Length > 0)
            Settle([.. outputs.Concat(kept).Select(_memory.Storage)]);
        if (_isCancelled || ends.Length == 0 || _values.Count == 0)
        {
            Dispose();
            return outputs;
        }

        var after = new Queue<Tensor>(RecomputeTrigger.After(ends, Ensure, Dispose));
        foreach (var value in _values)
            GiveUp(value);
        return [.. outputs.Select(output => output.requires_grad ? after.Dequeue() : output)];
    }

    /// <summary>Leaves the values whose memory is to be given up, one for each memory, and counts who has saved them.</summary>
    private void Settle(HashSet<IntPtr> kept)
    {
        _seen.Clear();
        var byStorage = new Dictionary<IntPtr, TapedValue>();
        foreach (var value in _values)
        {
            var storage = _memory.Storage(value.Handle);
            if (kept.Contains(storage) || _memory.BytesOf(value.Handle) == 0 || !byStorage.TryAdd(storage, value))
                value.Handle.Dispose();
        }

        _values.RemoveAll(value => value.Handle.IsInvalid);
        _byTensor = _values.ToDictionary(value => TensorMemory.Identity(value.Handle));
        _byPlace = _values.ToDictionary(value => value.Place);
        foreach (var (tensor, storage) in _saves)
        {
            if (_byTensor.TryGetValue(tensor, out var value))
                value.Saves++;
            else if (byStorage.TryGetValue(storage, out var other))
                other.IsAliased = true;
        }

        _saves.Clear();
    }

    // ---- the gradient comes --------------------------------------------------------------------------------------

    /// <summary>Computes the values again if memory of them was given up.</summary>
    public void Ensure()
    {
        FreeRead();
        if (_values.Any(value => _memory.BytesOf(value.Handle) == 0))
            Restore();
        foreach (var value in _values)
            value.Unread = value.Saves;
    }

    private void Restore()
    {
        Replay();
        if (_values.Any(value => _memory.BytesOf(value.Again!) != value.Bytes))
            throw TookAnotherWay();
        foreach (var value in _values)
        {
            using var again = value.Again!;
            value.Again = null;
            _memory.Exchange(value.Handle, again);
        }

        (_restored ??= []).Add(this);
    }

    /// <summary>Makes sure that tensors are there that a node of the graph has saved.</summary>
    /// <param name="saved">Their identities.</param>
    public void Ensure(IReadOnlyList<IntPtr> saved)
    {
        if (Of(saved).Any(value => _memory.BytesOf(value.Handle) == 0))
            Ensure();
    }

    /// <summary>Demands that what a node has saved is there: it may outlive the trigger, where nobody has the block's outputs.</summary>
    /// <param name="saved">The tensors.</param>
    /// <exception cref="InvalidOperationException">Memory of one was given up for good.</exception>
    public void CheckPresent(IReadOnlyList<Tensor> saved)
    {
        if (saved.Any(tensor => tensor.numel() > 0 && _memory.BytesOf(tensor) == 0))
            throw new InvalidOperationException("A block that is computed again has no outputs any more: nothing can be computed of it.");
    }

    /// <summary>A node has read what it saved, and will not do so in this backward pass again.</summary>
    /// <param name="saved">The identities of what it saved.</param>
    public void HasRead(IReadOnlyList<IntPtr> saved)
    {
        foreach (var value in Of(saved))
            value.Unread--;
        FreeRead();
    }

    private List<TapedValue> Of(IReadOnlyList<IntPtr> tensors)
    {
        lock (_values)
            return [.. tensors.Where(_byTensor.ContainsKey).Select(tensor => _byTensor[tensor])];
    }

    /// <summary>
    /// Gives back what nobody reads any more in this thread: nodes of libtorch let go of a tensor, and ours have said that they have
    /// read it. Where the graph is retained they do not let go.
    /// </summary>
    private static void FreeRead()
    {
        for (var i = (_restored?.Count ?? 0) - 1; i >= 0; i--)
        {
            if (_restored![i].FreeOwn())
                _restored.RemoveAt(i);
        }
    }

    private bool FreeOwn()
    {
        // A graph may be deleted by the thread that finalizes.
        lock (_values)
            return FreeRead(_values);
    }

    private bool FreeRead(List<TapedValue> values)
    {
        var isFree = true;
        foreach (var value in values.Where(value => _memory.BytesOf(value.Handle) > 0))
        {
            if (!value.IsAliased && value.Unread <= 0 && TensorMemory.Holders(value.Handle) == 1 + value.Saves
                && _memory.Aliases(value.Handle) == 1)
            {
                GiveUp(value);
            }
            else
            {
                isFree = false;
            }
        }

        return isFree;
    }

    private void GiveUp(TapedValue value) => _givenUp += (long)_memory.Release(value.Handle);

    private void Replay()
    {
        var outer = _current;
        (_current, _isReplaying) = (this, true);
        (_places, _nextNorm, _missing) = (0, 0, _values.Count);
        try
        {
            _replay();
        }
        catch (AllTakenException)
        {
        }
        finally
        {
            (_current, _isReplaying) = (outer, false);
            if (_missing > 0)
            {
                foreach (var value in _values)
                    value.Again?.Dispose();
            }
        }

        if (_missing > 0)
            throw TookAnotherWay();
    }

    /// <summary>Takes a value that stands for one of the first time; when all are there, the rest of the block need not run.</summary>
    private void Take(Tensor value, int place)
    {
        if (!_byPlace.TryGetValue(place, out var taken))
            return;
        taken.Again = value.detach().DetachFromDisposeScope();
        if (--_missing == 0)
            throw new AllTakenException();
    }

    private static InvalidOperationException TookAnotherWay() =>
        new("A block that is computed again took another way than the first time.");

    // ---- the end -------------------------------------------------------------------------------------------------

    private void DropValues()
    {
        lock (_values)
        {
            foreach (var value in _values)
                value.Handle.Dispose();
            _values.Clear();
            _byTensor.Clear();
        }

        _seen.Clear();
        _saves.Clear();
    }

    public void Dispose()
    {
        DropValues();
        ForgetNorms(0);
        _block.Dispose();
    }

    /// <summary>A value that the block has made.</summary>
    /// <param name="handle">The tensor that the graph has.</param>
    /// <param name="place">The first place that it passed.</param>
    private sealed class TapedValue(Tensor handle, int place)
    {
        public Tensor Handle => handle;

        public int Place => place;

        /// <summary>The bytes that it has while it is there.</summary>
        public nint Bytes { get; } = TensorMemory.Instance!.BytesOf(handle);

        /// <summary>How many nodes of ours have saved it.</summary>
        public int Saves { get; set; }

        /// <summary>How many of them have yet to read it.</summary>
        public int Unread { get; set; }

        /// <summary>Whether a node of ours has saved a view of it: then nobody knows who else reads that.</summary>
        public bool IsAliased { get; set; }

        /// <summary>What the block made in its place when it ran again.</summary>
        public Tensor? Again { get; set; }
    }

    /// <summary>Ends a pass that runs again, once it has made all that is needed.</summary>
    private sealed class AllTakenException : Exception
    {
    }
}
