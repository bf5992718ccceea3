using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Hands its input on (torch.nn.Identity).</summary>
internal sealed class Identity : Operation
{
    public override string Name => "identity";

    public override string Summary => "Returns its input (torch.nn.Identity): a member that counts in a sequence.";

    public override string Example => "y = x -> [ conv(64, 3), identity ]";

    public override string ShapeRule => "any shape, unchanged";

    public override string MomentRule => "unchanged";

    public override OutputNumbers Numbers(OperationCall call) => OutputNumbers.OfInputs;

    public override Shape Infer(OperationCall call) => call.Input;

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.OfInputs;

    public override Computation Compute(OperationCall call) => Method("alias");
}
