using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using KnDsl.Generator.Naming;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Writing;

/// <summary>Prints the language's values as C#.</summary>
/// <param name="types">The names of what the code takes from elsewhere.</param>
/// <param name="name">What a symbol is called at the place that the code is for.</param>
/// <param name="isChecked">Whether what is too large for an int must throw: constructors compute with int, and C# wraps around.</param>
/// <param name="isLong">Which symbols are of 64 bits there, as sizes of tensors are: a list takes an int. None if not given.</param>
internal sealed class CSharpPrinter(
    TypeNames types, Func<Symbol, string> name, bool isChecked = false, Func<Symbol, bool>? isLong = null)
{
    public string Of(Symbol symbol) => symbol.Origin switch
    {
        ListCount count => $"{name(new Symbol(count.List, SymbolKind.Construction))}.Count",
        ListItem item => $"{name(new Symbol(item.List, SymbolKind.Construction))}[{Index(item.Index)}]",
        ListChoice choice => Choice(choice.Items.Select(Of), choice.Index),
        _ => name(symbol),
    };

    private string Index(Size index) =>
        isLong is not null && index.Leaves().Any(isLong) ? $"(int)({Of(index)})" : Of(index);

    private string Choice(IEnumerable<string> items, Size index) => $"new[] {{ {string.Join(", ", items)} }}[{Of(index)}]";

    public string Of(Size size)
    {
        if (size.IsConstant)
            return size.Constant.ToString(CultureInfo.InvariantCulture);
        size = size.Printed;
        return isChecked && size.Terms.Any(MayOverflow) ? $"checked({Sum(size)})" : Sum(size);
    }

    /// <summary>Whether numbers that a network may well have can be too large together: a product of several, or many of one.</summary>
    private static bool MayOverflow(Size.Term term) => term.Atoms.Length > 1 || Math.Abs(term.Coefficient) > 1000;

    private string Sum(Size size)
    {
        var text = new StringBuilder();
        foreach (var term in size.Terms)
        {
            var magnitude = Math.Abs(term.Coefficient);
            text.Append(text.Length == 0 ? term.Coefficient < 0 ? "-" : "" : term.Coefficient < 0 ? " - " : " + ");
            if (magnitude != 1)
                text.Append(magnitude.ToString(CultureInfo.InvariantCulture)).Append(" * ");
            var binds = magnitude != 1 || term.Atoms.Length > 1 || term.Coefficient < 0;
            for (var i = 0; i < term.Atoms.Length; i++)
                text.Append(i == 0 ? "" : " * ").Append(Of(term.Atoms[i], binds));
        }
        if (size.Constant != 0)
            text.Append(size.Constant < 0 ? " - " : " + ").Append(Math.Abs(size.Constant).ToString(CultureInfo.InvariantCulture));
        return text.ToString();
    }

    private string Of(Size.Atom atom, bool binds)
    {
        switch (atom)
        {
            case Size.SymbolAtom single:
                return Of(single.Symbol);
            case Size.ConditionalAtom choice:
                return $"({Of(choice.Condition)} ? {Of(choice.Then)} : {Of(choice.Else)})";
            case Size.LargestAtom largest:
                return largest.Sizes.Select(Of).Aggregate((all, next) => $"{types.Sizes}.Largest({all}, {next})");
            case Size.RemainderAtom remainder:
                return Of(remainder.Quotient, "%", "Remainder", binds);
            default:
                return Of((Size.FloorAtom)atom, "/", "FloorDivide", binds);
        }
    }

    private string Of(Size.FloorAtom quotient, string sign, string function, bool binds)
    {
        var (top, bottom) = (Of(quotient.Numerator), Of(quotient.Denominator));
        // The division of C# rounds towards zero.
        if (!quotient.IsNonNegative)
            return $"{types.Sizes}.{function}({top}, {bottom})";
        var text = $"{(quotient.Numerator.IsSum ? $"({top})" : top)} {sign} {(quotient.HasPlainDenominator ? bottom : $"({bottom})")}";
        return binds ? $"({text})" : text;
    }

    /// <summary>An array of sizes as a collection expression: <c>[3, 3]</c>.</summary>
    public string Of(IEnumerable<Size> sizes) => $"[{string.Join(", ", sizes.Select(Of))}]";

    public string Of(Number number) => number switch
    {
        NumberConstant constant => Of(constant.Known),
        NumberSymbol named => Of(named.Symbol),
        WholeNumber whole => Of(whole.Size),
        NumberNegation negation => $"-{Operand(negation.Operand)}",
        // The remainder of C# has the sign of the dividend.
        NumberOperation { Operation: Arithmetic.Remainder } rest => $"{types.Sizes}.Remainder({Of(rest.Left)}, {Of(rest.Right)})",
        NumberOperation operation => $"{Operand(operation.Left)} {operation.Operator} {Operand(operation.Right)}",
        NumberChoice choice => Choice(choice.Items.Select(Of), choice.Index),
        _ => throw new InvalidOperationException(),
    };

    /// <summary>A number as one side of an operator.</summary>
    private string Operand(Number number) =>
        number is NumberOperation or NumberNegation || number is WholeNumber { Size: { } size } && !size.IsSymbol
        ? $"({Of(number)})"
        : Of(number);

    public string Of(Condition condition) => condition switch
    {
        ConditionConstant constant => Of(constant.Known),
        ConditionSymbol named => Of(named.Symbol),
        SizeComparison sizes => $"{Of(sizes.Left)} {Condition.Text(sizes.Comparison)} {Of(sizes.Right)}",
        NumberComparison numbers => $"{Of(numbers.Left)} {Condition.Text(numbers.Comparison)} {Of(numbers.Right)}",
        ConditionNegation { Operand: ConditionSymbol or ConditionChoice } negation => $"!{Of(negation.Operand)}",
        ConditionNegation negation => $"!({Of(negation.Operand)})",
        ConditionJunction junction =>
            $"{Operand(junction.Left, junction.IsAnd)} {(junction.IsAnd ? "&&" : "||")} {Operand(junction.Right, junction.IsAnd)}",
        ConditionEquality equality => $"{Operand(equality.Left)} {(equality.IsEqual ? "==" : "!=")} {Operand(equality.Right)}",
        ConditionChoice choice => Choice(choice.Items.Select(Of), choice.Index),
        _ => throw new InvalidOperationException(),
    };

    private string Operand(Condition side, bool isAnd) =>
        side is ConditionJunction other && other.IsAnd != isAnd ? $"({Of(side)})" : Of(side);

    private string Operand(Condition side) =>
        side is ConditionConstant or ConditionSymbol or ConditionNegation or ConditionChoice ? Of(side) : $"({Of(side)})";

    public string Of(Policy policy) => policy switch
    {
        PolicySymbol parameter => name(parameter.Symbol),
        PolicyCall { Settings: var settings } call => $"{types.NormPolicy}.{CSharpNames.PolicyFactory(call.Name)}"
            + $"({string.Join(", ", settings.Select(setting => $"{CamelCase(setting.Name)}: {Setting(setting)}"))})",
        OpaquePolicy opaque => opaque.Text,
        _ => "norm",
    };

    /// <summary><c>r_max</c> is rMax in C#.</summary>
    private static string CamelCase(string setting)
    {
        var words = setting.Split('_');
        return words[0] + string.Concat(words.Skip(1).Select(Casing.Capital));
    }

    private string Gain => types.Runtime("Gain");

    private string Setting(PolicySetting setting) => setting.Value switch
    {
        WordValue { Word: "learned" } when setting.Name == "gain" => $"{Gain}.Learned()",
        WordValue { Word: "learned(channel)" } => $"{Gain}.Learned(perChannel: true)",
        WordValue { Word: "adaptive" } => $"{Gain}.Adaptive()",
        WordValue { Word: "adaptive(channel)" } => $"{Gain}.Adaptive(perChannel: true)",
        WordValue word => $"{types.Runtime("Transition")}.{Casing.Capital(word.Word)}",
        RecordValue record => $"new {Gain}({string.Join(", ", record.Fields.Select(field => $"{field.Name}: {Of(field.Value)}"))})",
        var value => Of(value),
    };

    /// <summary>A number, a condition, a policy or a list of them.</summary>
    public string Of(Value value) => value switch
    {
        SizeValue size => Of(size.Size),
        FloatValue number => Of(number.Number),
        BoolValue flag => Of(flag.Condition),
        PolicyValue policy => Of(policy.Policy),
        ListValue list => $"[{string.Join(", ", list.Items.Select(Of))}]",
        ListParameterValue list => name(new Symbol(list.Name, SymbolKind.Construction)),
        _ => throw new InvalidOperationException($"{value.Describe()} has no C#."),
    };

    public static string Of(double value) => Number.Format(value);

    public static string Of(bool value) => value ? "true" : "false";
}
