namespace KnDsl.Training;

/// <summary>What carries tensors from process to process.</summary>
public enum ProcessEngine
{
    /// <summary>
    /// NCCL for a CUDA device. For a CPU MPI where <c>mpirun</c> started the processes and told no <c>MASTER_ADDR</c>, else Gloo.
    /// </summary>
    Automatic,

    /// <summary>Gloo inside libtorch, on Linux: nothing has to be installed.</summary>
    Gloo,

    /// <summary>OpenMPI or MPICH, whichever <c>libmpi</c> is; the processes must have been started by its <c>mpirun</c>.</summary>
    Mpi,

    /// <summary>NCCL, for CUDA devices: <c>libnccl.so.2</c>.</summary>
    Nccl,
}
