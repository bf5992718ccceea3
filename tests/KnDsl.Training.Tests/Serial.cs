using Xunit;

// Torch's random generator and its number of threads belong to the process: a test that compares bits must be alone.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
