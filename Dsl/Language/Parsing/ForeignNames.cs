using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Text;

namespace KnDsl.Language.Parsing;

/// <summary>What other frameworks and languages call what this language has, or has not, where no likeness of the names tells.</summary>
internal static class ForeignNames
{
    private const string NoOperation =
        "There is no such operation: write a block, or a C# module of your project that 'extern' declares.";
    private const string NoRecurrence =
        "There are no recurrent operations: write a C# module in your project, and declare it with 'extern'.";
    private const string NotNeeded = "Leave it out: it is not needed.";
    private const string OfClass = "Leave it out: the generated class is told its device and its type.";
    private const string NoFloor =
        "'/' between whole numbers is the floor of the quotient; a float never becomes a whole number: make that a parameter of type int.";

    /// <summary>What to write instead. Names are without case, dimensions and underscores.</summary>
    private static readonly Dictionary<string, string> Own = new()
    {
        ["convolution"] = "conv", ["deconv"] = "conv_transpose", ["convtransposed"] = "conv_transpose",
        ["transposedconv"] = "conv_transpose", ["convtranspose"] = "conv_transpose",
        ["maxpooling"] = "maxpool", ["averagepooling"] = "avgpool", ["averagepool"] = "avgpool", ["avgpooling"] = "avgpool",
        ["globalavgpool"] = "avgpool(global)", ["globalaveragepooling"] = "avgpool(global)", ["gap"] = "avgpool(global)",
        ["globalmaxpool"] = "maxpool(global)", ["globalmaxpooling"] = "maxpool(global)",
        ["adaptiveaveragepool"] = "adaptive_avgpool", ["batchnorm"] = "norm", ["bn"] = "norm", ["batchnormalization"] = "norm",
        ["syncbatchnorm"] = "norm", ["groupnorm"] = "norm(group(32))", ["groupnormalization"] = "norm(group(32))",
        ["instancenorm"] = "norm(instance())", ["layernormalization"] = "layernorm", ["ln"] = "layernorm",
        ["localresponsenormalization"] = "local_response_norm", ["lrn"] = "local_response_norm", ["globalresponsenorm"] = "grn",
        ["dense"] = "linear", ["fc"] = "linear", ["fullyconnected"] = "linear", ["lazylinear"] = "linear", ["innerproduct"] = "linear",
        ["swish"] = "silu", ["cat"] = "concat", ["concatenate"] = "concat", ["hstack"] = "concat",
        ["bmm"] = "matmul", ["mm"] = "matmul", ["dot"] = "matmul",
        ["multiheadattention"] = "attention", ["selfattention"] = "attention", ["mha"] = "attention",
        ["sdpa"] = "scaled_dot_product_attention", ["parameter"] = "learned", ["positionalembedding"] = "learned",
        ["droppath"] = "stochastic_depth", ["spatialdropout"] = "dropout2d", ["view"] = "reshape", ["unsqueeze"] = "reshape",
        ["expanddims"] = "reshape", ["transpose"] = "permute", ["swapaxes"] = "permute", ["moveaxis"] = "permute",
        ["movedim"] = "permute", ["chunk"] = "split", ["amax"] = "max", ["clamp"] = "hardtanh", ["clip"] = "hardtanh",
        ["interpolate"] = "upsample", ["upsampling"] = "upsample", ["resize"] = "upsample", ["zeropad"] = "pad", ["zeropadding"] = "pad",
        ["constantpad"] = "pad", ["reflectionpad"] = "conv(..., mode: reflect)", ["replicationpad"] = "conv(..., mode: replicate)",
        ["circularpad"] = "conv(..., mode: circular)", ["reducemean"] = "mean", ["reducesum"] = "sum", ["reducemax"] = "max",
        ["depthwiseconv"] = "conv(x.channels, 3, groups: x.channels)",
        ["lrelu"] = "leaky_relu",
    };

    /// <summary>What to do instead, in a sentence.</summary>
    private static readonly Dictionary<string, string> Sentences = new()
    {
        ["adaptiveavgpool"] = "Write avgpool(global) for one position, adaptive_avgpool(size) for more.",
        ["adaptivemaxpool"] = "Write maxpool(global) for one position, adaptive_maxpool(size) for more.",
        ["upsamplingbilinear"] = "Write upsample(2, mode: bilinear).", ["upsamplingnearest"] = "Write upsample(2).",
        ["sequential"] = "Write the stages in brackets: [ conv(64, 3), relu ].",
        ["modulelist"] = "Write a loop, or a stage with a number: [ stage * 3 ].",
        ["separableconv"] = "Write conv(x.channels, 3, groups: x.channels) -> conv(64, 1).",
        ["activation"] = "An activation is a stage of its own: value -> relu.",
        ["add"] = "Write a + b.", ["mul"] = "Write a * b.", ["multiply"] = "Write a * b.", ["sub"] = "Write a - b.",
        ["subtract"] = "Write a - b.", ["div"] = "Write a / number.", ["neg"] = "Write -a.", ["pow"] = "Write a * a.",
        ["square"] = "Write a * a.", ["repeat"] = "Sizes of 1 are repeated in '+', '-' and '*'; concat(a, a) repeats a value.",
        ["expand"] = "Leave it out: sizes of 1 are repeated in '+', '-' and '*'.",
        ["expandas"] = "Leave it out: sizes of 1 are repeated in '+', '-' and '*'.",
        ["len"] = "Write name.count for the number of items of a list.",
        ["range"] = "A range is two numbers: for i in 0..n.", ["arange"] = "A range is two numbers: for i in 0..n.",
        ["zip"] = "Count the items: for i in 0..list.count.", ["enumerate"] = "Count the items: for i in 0..list.count.",
        ["contiguous"] = NotNeeded, ["clone"] = NotNeeded, ["detach"] = NotNeeded, ["inplace"] = NotNeeded, ["copy"] = NotNeeded,
        ["to"] = OfClass, ["cuda"] = OfClass, ["cpu"] = OfClass, ["half"] = OfClass, ["float"] = OfClass, ["double"] = OfClass,
        ["int"] = NoFloor, ["floor"] = NoFloor, ["round"] = NoFloor,
        ["min"] = "Of two numbers an 'if' takes the lesser; of values there is max only.",
        ["shape"] = "Write value.channels, value.height or value.shape[2].",
        ["size"] = "Write value.channels, value.height or value.shape[2].",
        ["lstm"] = NoRecurrence, ["gru"] = NoRecurrence, ["rnn"] = NoRecurrence,
        ["transformerencoderlayer"] = NoOperation, ["transformerencoder"] = NoOperation, ["transformerdecoderlayer"] = NoOperation,
        ["transformerdecoder"] = NoOperation, ["transformer"] = NoOperation, ["abs"] = NoOperation, ["exp"] = NoOperation,
        ["log"] = NoOperation, ["sqrt"] = NoOperation, ["rsqrt"] = NoOperation, ["sin"] = NoOperation, ["cos"] = NoOperation,
        ["flip"] = NoOperation, ["einsum"] = NoOperation, ["gather"] = NoOperation, ["where"] = NoOperation, ["stack"] = NoOperation,
        ["unfold"] = NoOperation, ["fold"] = NoOperation, ["gridsample"] = NoOperation, ["topk"] = NoOperation, ["argmax"] = NoOperation,
        ["cumsum"] = NoOperation, ["bilinear"] = NoOperation, ["unpool"] = NoOperation, ["maxunpool"] = NoOperation,
        ["lambda"] = NoOperation,
    };

    /// <summary>Before a dot these are libraries and objects of other languages, never values of a file.</summary>
    private static readonly HashSet<string> Owners =
        ["nn", "F", "torch", "functional", "self", "this", "tf", "keras", "layers", "np", "math", "jnp", "nnx", "flax", "ops"];

    public static bool IsOwner(string name) => Owners.Contains(name);

    /// <summary>The hint for the name of a stage of another framework, or null.</summary>
    /// <param name="known">The names that there are.</param>
    public static string? Hint(string name, IEnumerable<string> known)
    {
        var last = LastPart(name);
        if (name == "self" || name.StartsWith("self.", System.StringComparison.Ordinal))
            return "There is no 'self': write the operation itself, value -> label: operation.";
        return Find(last, known) is not { } own ? null : own.EndsWith(".") ? own : $"Did you mean '{own}'?";
    }

    /// <summary>What to write for the name of a function, a method or a module of another framework: a stage, or a sentence.</summary>
    public static string? Find(string name, IEnumerable<string> known)
    {
        var letters = new string([.. name.ToLowerInvariant().Where(char.IsLetterOrDigit)]);
        var dimensions = letters.Length > 2 && letters[letters.Length - 1] == 'd' && letters[letters.Length - 2] is '1' or '2' or '3'
            ? letters.Substring(letters.Length - 2) : "";
        var bare = new string([.. letters.Substring(0, letters.Length - dimensions.Length).Where(char.IsLetter)]);
        if (Sentences.TryGetValue(bare, out var sentence))
            return sentence;
        var names = known as IReadOnlyList<string> ?? [.. known];
        var own = Own.TryGetValue(bare, out var translated) ? translated : names.FirstOrDefault(candidate => Letters(candidate) == bare);
        return own is not null && dimensions.Length > 0 && names.Contains(own + dimensions) ? own + dimensions : own;
    }

    private static string Letters(string name) => new([.. name.ToLowerInvariant().Where(char.IsLetter)]);

    /// <summary>A name as the language would spell it: small letters, and two dimensions unsaid.</summary>
    public static string Plain(string name) =>
        name.ToLowerInvariant() is var small && small.EndsWith("2d") ? small.Substring(0, small.Length - 2) : small;

    public static string LastPart(string name) => name.Substring(name.LastIndexOf('.') + 1);

    /// <summary>The nearest name, or what other frameworks call so.</summary>
    public static string? HintOrNearest(string name, IReadOnlyList<string> known) =>
        Hint(name, known) ?? Spelling.Hint(LastPart(name), known);
}
