using Xunit;

// Tests count live tensors and set torch's default device: they run one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
