using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Text;

namespace KnDsl.Language.Diagnostics;

/// <summary>
/// Every message of the language, with one member per code. A message says in whole sentences what was found and what was
/// expected, with the user's own text in single quotes; a hint, added where the mistake is found, says what to write instead.
/// Codes by hundreds: KN00xx syntax, KN01xx names and arguments, KN02xx shapes, KN03xx the statistic chain,
/// KN04xx C#, KN09xx internal.
/// </summary>
internal static class DiagnosticCatalogue
{
    private static readonly List<DiagnosticDescriptor> Registered = [];

    /// <summary>All codes, in order.</summary>
    public static IReadOnlyList<DiagnosticDescriptor> All => Registered;

    private static DiagnosticDescriptor Error(string code, string title, bool dependsOnRank = false) =>
        Register(new DiagnosticDescriptor(code, title, Severity.Error) { DependsOnRank = dependsOnRank });

    private static DiagnosticDescriptor Warning(string code, string title) =>
        Register(new DiagnosticDescriptor(code, title, Severity.Warning));

    private static DiagnosticDescriptor Register(DiagnosticDescriptor descriptor)
    {
        Registered.Add(descriptor);
        return descriptor;
    }

    // ---- KN00xx: syntax ----------------------------------------------------------------------------------------------

    private static readonly DiagnosticDescriptor UnknownCharacterRule = Error("KN0001", "Unknown character");

    public static Diagnostic UnknownCharacter(Place at, string text) =>
        new(UnknownCharacterRule, at, $"'{text}' is not part of the language.");

    public static Diagnostic OtherQuotes(Place at, string text) =>
        new(UnknownCharacterRule, at, $"The text {text} is not in double quotes; expected them around it.");

    private static readonly DiagnosticDescriptor ExpectedTokenRule = Error("KN0002", "Unexpected token");

    public static Diagnostic ExpectedToken(Place at, string expected, string found) =>
        new(ExpectedTokenRule, at, $"Expected {expected}, found {found}.");

    private static readonly DiagnosticDescriptor UnclosedRule = Error("KN0003", "Bracket is not closed");

    public static Diagnostic Unclosed(Place at, string bracket, string what, Place? owner) =>
        new(UnclosedRule, at,
            $"'{bracket}' of {(what.StartsWith("the ") ? what : $"this {what}")} is never closed; "
            + $"expected a matching '{Closing(bracket)}'.",
            null, owner);

    private static readonly DiagnosticDescriptor UnopenedRule = Error("KN0004", "Bracket was not opened");

    public static Diagnostic Unopened(Place at, string bracket) =>
        new(UnopenedRule, at, $"'{bracket}' has no opening bracket; expected one before it.");

    private static readonly DiagnosticDescriptor MismatchedRule = Error("KN0005", "Brackets do not match");

    public static Diagnostic Mismatched(Place at, string bracket, string open, Place openAt) =>
        new(MismatchedRule, at,
            $"'{bracket}' does not close the '{open}' on line {openAt.Line}; expected '{Closing(open)}'.", null, openAt);

    private static readonly DiagnosticDescriptor OpenTextRule = Error("KN0006", "Text is not closed");

    public static Diagnostic OpenText(Place at) =>
        new(OpenTextRule, at, "The text is not closed; expected '\"' before the end of the line.");

    private static readonly DiagnosticDescriptor BadNumberRule = Error("KN0007", "Invalid number");

    public static Diagnostic BadNumber(Place at, string text) =>
        new(BadNumberRule, at,
            $"'{text}' is not a valid number; expected a whole number up to 2147483647, or a decimal such as 0.5 or 1e-5.");

    private static readonly DiagnosticDescriptor ExpectedDeclarationRule = Error("KN0008", "Declaration expected");

    public static Diagnostic ExpectedDeclaration(Place at, string found) =>
        new(ExpectedDeclarationRule, at, $"Expected 'network', 'block', 'import', 'extern' or 'namespace', found {found}.");

    private static readonly DiagnosticDescriptor TooDeepRule = Error("KN0009", "Nested too deeply");

    public static Diagnostic TooDeep(Place at, int limit) =>
        new(TooDeepRule, at, $"Brackets are nested more than {limit} deep; expected at most {limit}.");

    public static Diagnostic TooManyParts(Place at, int limit) =>
        new(TooDeepRule, at, $"There are more than {limit} members, indices or label parts in a row; expected at most {limit}.");

    public static Diagnostic TooManyBranches(Place at, int limit) =>
        new(TooDeepRule, at, $"The 'if' has more than {limit} branches; expected at most {limit}.");

    private static readonly DiagnosticDescriptor ElseWithoutIfRule = Error("KN0010", "Else without if");

    public static Diagnostic ElseWithoutIf(Place at) =>
        new(ElseWithoutIfRule, at, "This 'else' has no matching 'if'; expected it directly after the closing brace of an 'if'.");

    private static readonly DiagnosticDescriptor SecondNamespaceRule = Error("KN0011", "Second namespace");

    public static Diagnostic SecondNamespace(Place at, Place first) =>
        new(SecondNamespaceRule, at, $"The file already has a namespace, on line {first.Line}; expected at most one.", null, first);

    // ---- KN01xx: names and arguments ---------------------------------------------------------------------------------

    private static readonly DiagnosticDescriptor UnknownNameRule = Error("KN0101", "Unknown name");

    public static Diagnostic UnknownName(Place at, string name) =>
        new(UnknownNameRule, at, $"'{name}' is not the name of a value here; expected a value, a parameter or a size.");

    private static readonly DiagnosticDescriptor UnknownStageRule = Error("KN0102", "Unknown operation or block");

    public static Diagnostic UnknownStage(Place at, string name) =>
        new(UnknownStageRule, at, $"There is no operation, block or module '{name}'.");

    private static readonly DiagnosticDescriptor UnknownArgumentRule = Error("KN0103", "Unknown argument");

    public static Diagnostic UnknownArgument(Place at, string callee, string name, string known) =>
        new(UnknownArgumentRule, at, $"'{callee}' has no argument '{name}'; it takes {known}.");

    private static readonly DiagnosticDescriptor MissingArgumentRule = Error("KN0104", "Argument is missing");

    public static Diagnostic MissingArgument(Place at, string callee, string name, string type) =>
        new(MissingArgumentRule, at, $"'{callee}' needs the argument '{name}' ({type}), which is missing.");

    private static readonly DiagnosticDescriptor TooManyArgumentsRule = Error("KN0105", "Too many arguments");

    /// <param name="takesOthers">Whether there are arguments that go by their names.</param>
    public static Diagnostic TooManyArguments(
        Place at, string callee, int found, IReadOnlyCollection<string> expected, bool takesOthers = false)
    {
        var takes = expected.Count == 0
            ? takesOthers ? "no argument by position" : "no arguments"
            : $"{Count(expected.Count, "argument")} by position ({string.Join(", ", expected)})";
        return new(TooManyArgumentsRule, at, $"'{callee}' takes {takes}, found {found}.");
    }

    private static readonly DiagnosticDescriptor ArgumentTypeRule = Error("KN0106", "Argument has the wrong type");

    public static Diagnostic ArgumentType(Place at, string callee, string name, string expected, string found) =>
        new(ArgumentTypeRule, at, $"'{name}' of '{callee}' must be {expected}, found {found}.");

    private static readonly DiagnosticDescriptor ArgumentRangeRule = Error("KN0107", "Argument is out of range");

    public static Diagnostic ArgumentRange(Place at, string callee, string name, string range, string found) =>
        new(ArgumentRangeRule, at, $"'{name}' of '{callee}' must be {range}, found {found}.");

    private static readonly DiagnosticDescriptor ArgumentTwiceRule = Error("KN0108", "Argument is given twice");

    public static Diagnostic ArgumentTwice(Place at, string callee, string name) =>
        new(ArgumentTwiceRule, at, $"'{name}' of '{callee}' is given twice; expected it once.");

    /// <param name="given">The arguments that were given, all of which say the same thing.</param>
    public static Diagnostic ArgumentsExclude(Place at, string callee, IReadOnlyList<string> given) =>
        new(ArgumentTwiceRule, at,
            $"{string.Join(" and ", given.Select(name => $"'{name}'"))} of '{callee}' exclude each other; expected one of them.");

    private static readonly DiagnosticDescriptor DuplicateDeclarationRule = Error("KN0109", "Name is declared twice");

    public static Diagnostic DuplicateDeclaration(Place at, string what, string name, Place first) =>
        new(DuplicateDeclarationRule, at,
            $"The {what} '{name}' is already declared, on line {first.Line}; expected another name.", null, first);

    private static readonly DiagnosticDescriptor DuplicateLabelRule = Error("KN0110", "Label is used twice");

    public static Diagnostic DuplicateLabel(Place at, string label, Place first) =>
        new(DuplicateLabelRule, at,
            $"The label '{label}' already names another module, on line {first.Line}; expected a different label.", null, first);

    private static readonly DiagnosticDescriptor UnusedValueRule = Warning("KN0111", "Value is never used");

    /// <param name="instead">What to write in its place, where it cannot be removed.</param>
    public static Diagnostic UnusedValue(Place at, string name, string? instead) =>
        new(UnusedValueRule, at, $"'{name}' is never used; {(instead is null ? "it can be removed" : $"write '{instead}' in its place")}.");

    public static Diagnostic UnusedPolicy(Place at) => new(UnusedValueRule, at, "No norm has this policy; it can be removed.");

    private static readonly DiagnosticDescriptor ValueCountRule = Error("KN0112", "Wrong number of values");

    public static Diagnostic ValueCount(Place at, string what, int expected, int found) =>
        new(ValueCountRule, at, $"{what} gives {Count(found, "value")}; expected {expected}.");

    public static Diagnostic InputCount(Place at, string callee, string expected, int found) =>
        new(ValueCountRule, at, $"'{callee}' takes {expected}, found {Count(found, "value")}.");

    private static readonly DiagnosticDescriptor NoOutputRule = Error("KN0113", "No output");

    public static Diagnostic NoOutput(Place at, string what, string name, string expected) =>
        new(NoOutputRule, at, $"The {what} '{name}' has no output; expected {expected}.");

    private static readonly DiagnosticDescriptor NoInputRule = Error("KN0114", "No input");

    public static Diagnostic NoInput(Place at, string what, string name, string expected) =>
        new(NoInputRule, at, $"The {what} '{name}' has no input; expected {expected}.");

    private static readonly DiagnosticDescriptor RecursionRule = Error("KN0115", "Blocks contain each other");

    public static Diagnostic Recursion(Place at, string path) =>
        new(RecursionRule, at, $"The block contains itself ({path}); expected blocks that do not.");

    private static readonly DiagnosticDescriptor UnknownTypeRule = Error("KN0116", "Unknown type");

    public static Diagnostic UnknownType(Place at, string found) =>
        new(UnknownTypeRule, at, $"There is no type '{found}'; expected int, float, bool, norm, int[] or float[].");

    public static Diagnostic TypeOfExtern(Place at, string found) =>
        new(UnknownTypeRule, at, $"A C# module cannot be given '{found}'; expected int, float, bool, norm or int[].");

    private static readonly DiagnosticDescriptor MisplacedRule = Error("KN0117", "Statement is not allowed here");

    public static Diagnostic Misplaced(Place at, string statement, string expected) =>
        new(MisplacedRule, at, $"'{statement}' is not allowed here; expected {expected}.");

    private static readonly DiagnosticDescriptor ValueTypeRule = Error("KN0118", "Value has the wrong type");

    public static Diagnostic ValueType(Place at, string what, string expected, string found) =>
        new(ValueTypeRule, at, $"{what} must be {expected}, found {found}.");

    public static Diagnostic LoopShape(Place at, string name, string before, string after) =>
        new(ValueTypeRule, at,
            $"'{name}' in this loop must be of the same number of dimensions in every iteration, found {before}, then {after}.")
        {
            LeavesRankOpen = true,
        };

    public static Diagnostic NotIndices(Place at, string operation, string maker, Place madeAt) =>
        new(ValueTypeRule, at,
            $"The input of '{operation}' must be whole numbers, its indices, found the floating point numbers of '{maker}'.", null, madeAt);

    private static readonly DiagnosticDescriptor TooLargeRule = Error("KN0119", "Network is too large");

    public static Diagnostic TooLarge(Place at, string what, int limit) =>
        new(TooLargeRule, at, $"{what} makes more than {limit} stages; expected at most {limit} in a network.");

    public static Diagnostic DeepNest(Place at, string name, int limit) =>
        new(TooLargeRule, at, $"'{name}' nests blocks more than {limit} deep; expected at most {limit}.");

    private static readonly DiagnosticDescriptor UnknownMemberRule = Error("KN0120", "Unknown member");

    public static Diagnostic UnknownMember(Place at, string name, string known) =>
        new(UnknownMemberRule, at, $"There is no member '{name}'; expected {known}.");

    private static readonly DiagnosticDescriptor UndecidedValueRule = Error("KN0121", "Value is not set on every path");

    public static Diagnostic UndecidedValue(Place at, string name, Place condition) =>
        new(UndecidedValueRule, at,
            $"'{name}' is not set on every path through the statement on line {condition.Line}; "
            + "expected it to be set before, or in every branch.", null, condition);

    public static Diagnostic UndecidedModule(Place at, string name, Place condition) =>
        new(UndecidedValueRule, at,
            $"The module '{name}' is declared inside the 'if' or 'for' in line {condition.Line}; "
            + "expected it before, so that every path has it.",
            null, condition);

    private static readonly DiagnosticDescriptor UnknownWordRule = Error("KN0122", "Unknown word");

    public static Diagnostic UnknownWord(Place at, string callee, string name, string found, string known) =>
        new(UnknownWordRule, at, $"'{name}' of '{callee}' cannot be '{found}'; expected {known}.");

    private static readonly DiagnosticDescriptor DivisionByZeroRule = Error("KN0123", "Division by zero");

    /// <param name="divisor">The divisor as a formula, where its arguments decide; null where it is 0 as it is written.</param>
    public static Diagnostic DivisionByZero(Place at, string? divisor = null) =>
        new(DivisionByZeroRule, at, $"The divisor {(divisor is null ? "" : divisor + " ")}is 0; expected another number.");

    private static readonly DiagnosticDescriptor IndexRule = Error("KN0124", "Index is outside the list");

    public static Diagnostic Index(Place at, string index, int count) =>
        new(IndexRule, at,
            $"The index {index} is outside the list, which has {Count(count, "item")}; "
            + $"expected {(count == 0 ? "a list with items" : $"0 to {count - 1}")}.");

    public static Diagnostic IndexRange(Place at, string range, int count) =>
        new(IndexRule, at, $"The range {range} is outside the list, which has {Count(count, "item")}; expected one inside 0..{count}.");

    public static Diagnostic NegativeIndex(Place at, string index, string list) =>
        new(IndexRule, at, $"An index of the list '{list}' must be at least 0, found {index}.");

    public static Diagnostic ShortList(Place at, string list, string index, string needed, string found) =>
        new(IndexRule, at,
            $"The list '{list}' must have at least {needed} {(needed == "1" ? "item" : "items")} for the index {index}, found {found}.");

    private static readonly DiagnosticDescriptor UnusedModuleRule = Warning("KN0125", "Module is never applied");

    public static Diagnostic UnusedModule(Place at, string name) =>
        new(UnusedModuleRule, at, $"The module '{name}' is never applied; its weights would have no effect.");

    private static readonly DiagnosticDescriptor AfterReturnRule = Error("KN0126", "Statement after the end");

    public static Diagnostic AfterReturn(Place at, string keyword, Place end) =>
        new(AfterReturnRule, at,
            $"This statement comes after the '{keyword}' on line {end.Line}; expected '{keyword}' to be the last statement.", null, end);

    private static readonly DiagnosticDescriptor ReservedNameRule = Error("KN0127", "Name is reserved");

    public static Diagnostic ReservedName(Place at, string name, string why) =>
        new(ReservedNameRule, at, $"'{name}' {why}; expected another name.");

    private static readonly DiagnosticDescriptor OverflowRule = Error("KN0128", "Number is too large");

    public static Diagnostic Overflow(Place at) =>
        new(OverflowRule, at,
            $"The result is not between -{int.MaxValue} and {int.MaxValue}, or has too many terms; expected a smaller number.");

    public static Diagnostic NotFinite(Place at) =>
        new(OverflowRule, at, "The result is not a finite number; expected a smaller one.");

    private static readonly DiagnosticDescriptor LabelNotAllowedRule = Error("KN0129", "Label names no module");

    public static Diagnostic LabelNotAllowed(Place at, string what) =>
        new(LabelNotAllowedRule, at, $"{what}; expected no label here.");

    private static readonly DiagnosticDescriptor ConflictingLabelRule = Error("KN0130", "Label is a module and a group");

    public static Diagnostic ConflictingLabel(Place at, string label, string group, Place first) =>
        new(ConflictingLabelRule, at,
            $"'{label}' is inside '{group}', which is itself a module, on line {first.Line}; expected another label.", null, first);

    public static Diagnostic GroupLabel(Place at, string label, Place first) =>
        new(ConflictingLabelRule, at,
            $"'{label}' already contains other modules, on line {first.Line}; expected another label.", null, first);

    private static readonly DiagnosticDescriptor MissingTypeRule = Error("KN0131", "Parameter has no type");

    public static Diagnostic MissingType(Place at, string name, string of) =>
        new(MissingTypeRule, at, $"The parameter '{name}' of {of} has no type; expected one, as in '{name}: int = 1'.");

    private static readonly DiagnosticDescriptor ImportCycleRule = Error("KN0132", "Files import each other");

    public static Diagnostic ImportCycle(Place at, string path) =>
        new(ImportCycleRule, at, $"The import leads back to this file ({path}); expected files that do not import each other.");

    private static readonly DiagnosticDescriptor ImportNotFoundRule = Error("KN0133", "Imported file does not exist");

    public static Diagnostic ImportNotFound(Place at, string path) =>
        new(ImportNotFoundRule, at, $"The project has no file '{path}'; expected the path of a .knnet file.");

    private static readonly DiagnosticDescriptor ImportConflictRule = Error("KN0134", "Imported name is already declared");

    public static Diagnostic ImportConflict(Place at, string name, string file, Place other) =>
        new(ImportConflictRule, at,
            $"The import declares '{name}', which {file} also declares; expected one declaration of each name.", null, other);

    private static readonly DiagnosticDescriptor InsideBlockRule = Error("KN0135", "Imported block does not fit");

    public static Diagnostic InsideBlock(Place at, string block, string code, string message, Place inner) =>
        new(InsideBlockRule, at,
            $"'{block}' does not fit here: {message.TrimEnd('.')} ({code} in {inner}); "
            + "expected arguments and inputs that the block accepts.", null, inner);

    private static readonly DiagnosticDescriptor NoEffectRule = Error("KN0136", "Argument has no effect");

    public static Diagnostic NoEffect(Place at, string callee, string name, string because) =>
        new(NoEffectRule, at, $"'{name}' of '{callee}' has no effect, since {because}; expected it to be left out.");

    private static readonly DiagnosticDescriptor LateParameterRule =
        Error("KN0137", "Parameter without a default after one with a default");

    public static Diagnostic LateParameter(Place at, string name, string optional) =>
        new(LateParameterRule, at,
            $"'{name}' has no default and comes after '{optional}', which has one; expected the parameters without a default first, "
            + "as in the constructor in C#.");

    // ---- KN02xx: shapes ----------------------------------------------------------------------------------------------

    private static readonly DiagnosticDescriptor RankRule = Error("KN0201", "Wrong number of dimensions", dependsOnRank: true);

    public static Diagnostic Rank(Place at, string operation, string expected, string found) =>
        new(RankRule, at, $"'{operation}' takes {expected}, found {found}.");

    private static readonly DiagnosticDescriptor SizeVanishesRule = Error("KN0202", "Size falls to zero");

    public static Diagnostic SizeVanishes(Place at, string operation, string dimension, string found, string result) =>
        new(SizeVanishesRule, at, $"'{operation}' reduces the {dimension} from {found} to {result}; expected at least 1.");

    public static Diagnostic SizeOfExtern(Place at, string name, string declared, string found, Place other) =>
        new(SizeVanishesRule, at, $"'{name}' gives a size of {declared}, which is {found} here; expected at least 1.", null, other);

    private static readonly DiagnosticDescriptor JoinRule = Error("KN0203", "Shapes do not fit together", dependsOnRank: true);

    public static Diagnostic Join(Place at, string operation, string left, string right, string where, Place? other) =>
        new(JoinRule, at, $"{operation} needs equal sizes, found {left} and {right}: {where}.", null, other);

    private static readonly DiagnosticDescriptor GroupsRule = Error("KN0204", "Groups do not divide the channels");

    public static Diagnostic Groups(Place at, string operation, string groups, string what, string channels) =>
        new(GroupsRule, at, $"'{operation}' cannot divide {channels} {what} into {groups} groups; expected a divisor.");

    private static readonly DiagnosticDescriptor OutputShapeRule = Error("KN0205", "Output has another shape");

    public static Diagnostic OutputShape(Place at, string name, string declared, string found, Place? other) =>
        new(OutputShapeRule, at, $"'{name}' is declared as {declared}, found {found}.", null, other);

    private static readonly DiagnosticDescriptor UnknownSizeRule = Error("KN0206", "Size is not known when the network is built");

    public static Diagnostic UnknownSize(Place at, string operation, string what, string found, string symbol) =>
        new(UnknownSizeRule, at,
            $"'{operation}' needs its {what} when the network is built, found {found}, but '{symbol}' is only known when data arrives.");

    /// <summary>A hint: which if or loop sets a size that is not known.</summary>
    public static string SetBy(Place setter) =>
        $"'{setter.OneLine()}' at {setter} sets it: declare the input with a number or a parameter there, or give arguments that "
            + "decide it.";

    private static readonly DiagnosticDescriptor BranchShapeRule = Error("KN0207", "Branches give different ranks");

    public static Diagnostic BranchShape(Place at, string name, string then, string otherwise) =>
        new(BranchShapeRule, at, $"'{name}' is {then} in one branch and {otherwise} in the other; expected the same number of dimensions.")
        {
            LeavesRankOpen = true,
        };

    private static readonly DiagnosticDescriptor ReshapeRule = Error("KN0208", "Number of elements changes");

    public static Diagnostic Reshape(Place at, string operation, string found, string elements, string wanted, string wantedElements) =>
        new(ReshapeRule, at,
            $"'{operation}' cannot make {wanted} from {found}; expected {elements} elements per sample, found {wantedElements}.");

    private static readonly DiagnosticDescriptor AxisRule = Error("KN0209", "There is no such dimension", dependsOnRank: true);

    public static Diagnostic Axis(Place at, string operation, string axis, string shape) =>
        new(AxisRule, at, $"'{operation}' uses dimension {axis}, which {shape} does not have; expected one that exists.");

    private static readonly DiagnosticDescriptor PaddingRule = Error("KN0210", "Padding is too large");

    public static Diagnostic Padding(Place at, string operation, string padding, string kernel, string most) =>
        new(PaddingRule, at, $"'{operation}' pads a kernel of {kernel} by {padding}; expected at most half the kernel, {most}.");

    public static Diagnostic PaddingOfInput(
        Place at, string operation, string mode, string dimension, string size, string padding, string most) =>
        new(PaddingRule, at,
            $"'{operation}' pads the {dimension} of {size} by {padding} with mode {mode}; expected at most {most}.");

    private static readonly DiagnosticDescriptor ConcatRule = Error("KN0211", "Values cannot be joined", dependsOnRank: true);

    public static Diagnostic Concat(Place at, string left, string right, string where, Place? other) =>
        new(ConcatRule, at, $"'concat' needs all dimensions but one to be equal, found {left} and {right}: {where}.", null, other);

    private static readonly DiagnosticDescriptor DivideRule = Error("KN0212", "Size cannot be divided");

    public static Diagnostic Divide(Place at, string operation, string what, string found, string by) =>
        new(DivideRule, at, $"'{operation}' divides the {what} by {by}, found {found}; expected a multiple of {by}.");

    private static readonly DiagnosticDescriptor RangeRule = Error("KN0213", "Range lies outside the dimension");

    public static Diagnostic Range(Place at, string operation, string found, string size) =>
        new(RangeRule, at, $"'{operation}' takes {found} of a dimension of size {size}; expected a range inside it.");

    public static Diagnostic Position(Place at, string operation, string found, string size) =>
        new(RangeRule, at, $"'{operation}' takes position {found} of a dimension of size {size}; expected a position inside it.");

    private static readonly DiagnosticDescriptor SharedShapeRule = Error("KN0214", "Shared module gets another shape");

    public static Diagnostic SharedShape(Place at, string name, string found, string first, string what, Place other) =>
        new(SharedShapeRule, at,
            $"The module '{name}' was first applied to {first}, found {found}; expected the same {what}.", null, other);

    private static readonly DiagnosticDescriptor ExternShapeRule = Error("KN0215", "Input is not what the C# module takes");

    public static Diagnostic ExternShape(Place at, string name, string expected, string found, Place other) =>
        new(ExternShapeRule, at, $"'{name}' is declared to take {expected}, found {found}; expected sizes that match.", null, other);

    private static readonly DiagnosticDescriptor BlockInputRule = Error("KN0216", "Input is not as declared", dependsOnRank: true);

    public static Diagnostic BlockInput(Place at, string block, string expected, string input, string found) =>
        new(BlockInputRule, at, $"'{block}' takes {expected} for '{input}', found {found}.");

    public static Diagnostic OpenRanks(Place at, string block, string input) =>
        new(BlockInputRule, at,
            $"'{block}' has many inputs whose numbers of dimensions do not follow from its operations; expected them in the header.",
            $"Write the sizes of each input there, as in {input}[N, C, H, W].");

    private static readonly DiagnosticDescriptor SharedInsideRule = Error("KN0217", "Size of a shared module is set too late");

    public static Diagnostic SharedInside(Place at, string name, string found, string size, Place declared) =>
        new(SharedInsideRule, at,
            $"The module '{name}' is made where it is declared, in line {declared.Line}, and first applied to {found}, "
            + $"where '{size}' is set inside an 'if' or 'for' that begins later; expected sizes that are known outside of it.",
            "Declare the module inside, or apply it outside first.", declared);

    private static readonly DiagnosticDescriptor SingleNumberRule = Error("KN0218", "Statistic of a single number");

    public static Diagnostic SingleNumber(Place at, string operation, string policy, string found, bool isOfTraining) =>
        new(SingleNumberRule, at,
            $"'{operation}' with {policy} takes each statistic of a single number{(isOfTraining ? " in training" : "")}, found {found}; "
            + "expected more numbers, since one has no variance.");

    private static readonly DiagnosticDescriptor ChannelsLastRule = Warning("KN0219", "Channels are in the last dimension");

    /// <summary>Where something is, as seen from a place.</summary>
    private static string In(Place place, Place from) => place.Text.Path == from.Text.Path ? $"on line {place.Line}" : $"in {place}";

    public static Diagnostic ChannelsLast(Place at, string operation, string found, string by, Place byAt) =>
        new(ChannelsLastRule, at,
            $"'{operation}' takes the second dimension of {found} for the channels, but '{by}' {In(byAt, at)} has them in the last "
            + "one; expected them in the second.", null, byAt);

    // ---- KN03xx: the statistic chain ---------------------------------------------------------------------------------

    private static readonly DiagnosticDescriptor ChainCutRule = Warning("KN0301", "Statistic chain is cut");

    public static Diagnostic ChainCut(Place at, string norm, string operation, Place cut) =>
        new(ChainCutRule, at,
            $"No prior reaches '{norm}': '{operation}' on line {cut.Line} does not pass moments on, so the chain ends there and "
            + "this norm works as batch normalization does; expected operations that pass moments on, or norm(chain: start).", null, cut);

    private static readonly DiagnosticDescriptor FromUnreachableRule = Error("KN0302", "Named norm does not reach this one");

    public static Diagnostic FromUnreachable(Place at, string from, string reached) =>
        new(FromUnreachableRule, at, $"'{from}' does not reach this norm; expected one of those that do: {reached}.");

    public static Diagnostic FromUnknown(Place at, string from, string reached) =>
        new(FromUnreachableRule, at, $"There is no norm '{from}'; expected one of those that reach this norm: {reached}.");

    private static readonly DiagnosticDescriptor ChainJoinRule = Warning("KN0303", "Statistic chain is cut by a join");

    public static Diagnostic ChainJoin(Place at, string norm, string operation, Place cut) =>
        new(ChainJoinRule, at,
            $"No prior reaches '{norm}': '{operation}' on line {cut.Line} joins a value that no norm precedes, so the chain ends there and "
            + "this norm works as batch normalization does; expected a norm before every joined value, or norm(chain: start).", null, cut);

    private static readonly DiagnosticDescriptor OneSampleRule = Warning("KN0304", "A norm's statistics are of one sample");

    public static Diagnostic OneSample(Place at, string policy) =>
        new(OneSampleRule, at,
            $"'{policy}' with statistics of one sample trains, but the running averages of its inference do not resemble them; expected "
            + "two samples and more, or a policy that is made for one.",
            "Write instancekalman(), or name the gain if this is meant: kalman(microbatch: 1, gain: 0.25).");

    // ---- KN04xx: C# --------------------------------------------------------------------------------------------------

    private static readonly DiagnosticDescriptor NoGeneratedNameRule = Error("KN0401", "Two declarations make one class");

    /// <param name="outputsOf">The declaration whose outputs the class holds, or null.</param>
    /// <param name="otherOutputsOf">That of the class that was there first, or null.</param>
    public static Diagnostic SameClass(Place at, string type, string? outputsOf, string otherFile, string? otherOutputsOf) =>
        new(NoGeneratedNameRule, at,
            $"The class '{type}'{ForOutputs(outputsOf)} is already generated from {otherFile}{ForOutputs(otherOutputsOf)}; "
            + "expected another name or namespace.");

    private static string ForOutputs(string? module) => module is null ? "" : $" for the outputs of '{module}'";

    private static readonly DiagnosticDescriptor ExternNotFoundRule = Error("KN0402", "C# module does not exist");

    public static Diagnostic ExternNotFound(Place at, string type) =>
        new(ExternNotFoundRule, at, $"The project has no class '{type}'; expected the full name of a module class.");

    private static readonly DiagnosticDescriptor ExternNoModuleRule = Error("KN0403", "C# class is not a module");

    public static Diagnostic ExternNoModule(Place at, string type) =>
        new(ExternNoModuleRule, at,
            $"The class '{type}' is not a module that can be created; "
            + "expected a public class that is not abstract and derives from torch.nn.Module<Tensor, Tensor>.");

    private static readonly DiagnosticDescriptor ExternForwardRule = Error("KN0404", "C# module has another number of inputs or outputs");

    public static Diagnostic ExternForward(Place at, string type, int inputs, string found) =>
        new(ExternForwardRule, at,
            $"'{type}' is declared with {Count(inputs, "input")}, found {found}; "
            + "expected the same number of input tensors and one output tensor.");

    private static readonly DiagnosticDescriptor ExternConstructorRule = Error("KN0405", "C# module has no such constructor");

    public static Diagnostic ExternConstructor(Place at, string type, string declared, string found) =>
        new(ExternConstructorRule, at,
            $"'{type}' has no constructor that takes {declared}, found {found}; "
            + "expected parameters with the same names and types, and all others optional.");

    private static readonly DiagnosticDescriptor LowerCaseClassRule = Warning("KN0406", "Class name has small letters only");

    public static Diagnostic LowerCaseClass(Place at, string kind, string name) =>
        new(LowerCaseClassRule, at,
            $"The name of the {kind} '{name}' has small letters only, and any such word may get a meaning in C#; "
            + "expected a name that starts with a capital letter.");

    private static readonly DiagnosticDescriptor ClassNameRule = Error("KN0407", "No class can have this name");

    public static Diagnostic ClassName(Place at, string name, string why) =>
        new(ClassNameRule, at, $"'{name}' {why}, so no generated class can have this name; expected another name.");

    private static readonly DiagnosticDescriptor ManyInputsRule = Error("KN0408", "Too many inputs for a class");

    public static Diagnostic ManyInputs(Place at, string name, int found, int most) =>
        new(ManyInputsRule, at,
            $"'{name}' has {Count(found, "input")}, and the modules of TorchSharp take {most} at most; expected {most} inputs or fewer.",
            "Hand several values over as one: concat(a, b) outside, and split inside.");

    // ---- KN09xx: internal --------------------------------------------------------------------------------------------

    private static readonly DiagnosticDescriptor InternalRule = Error("KN0901", "Internal error");

    public static Diagnostic Internal(Place at, string message) =>
        new(InternalRule, at, $"KnDsl failed on this file: {message}. Please report it with the file.");

    private static string Closing(string open) => open switch { "(" => ")", "[" => "]", _ => "}" };

    public static string Count(int n, string noun) => n == 1 ? $"1 {noun}" : $"{n} {noun}s";
}
