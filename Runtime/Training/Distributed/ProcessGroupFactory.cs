using TorchSharp;

namespace KnDsl.Training;

/// <summary>Chooses an engine, and makes a group with it.</summary>
internal static class ProcessGroupFactory
{
    public static ProcessGroup Create(ProcessGroupOptions options)
    {
        var environment = options.Environment ?? ProcessEnvironment.Read();
        LauncherWatch.Start();
        if (environment.Size == 1)
            return new SingleProcess();
        switch (options.Engine == ProcessEngine.Automatic ? EngineFor(options, environment) : options.Engine)
        {
            case ProcessEngine.Mpi:
                return MpiGroup.Create(environment, options.Timeout);
            case ProcessEngine.Nccl when environment.IsOfMpi:
                using (var mpi = MpiGroup.Create(environment, options.Timeout))
                    return NcclGroup.Create(environment, options, mpi);
            case ProcessEngine.Nccl:
                using (var meeting = Meeting.Join(environment, options.RendezvousTimeout))
                    return NcclGroup.Create(environment, options, meeting);
            default:
                return GlooGroup.Create(environment, options);
        }
    }

    private static ProcessEngine EngineFor(ProcessGroupOptions options, ProcessEnvironment environment) =>
        options.Device?.type == DeviceType.CUDA ? ProcessEngine.Nccl : environment.IsOfMpi ? ProcessEngine.Mpi : ProcessEngine.Gloo;
}
