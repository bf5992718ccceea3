using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>Arguments: which parameter each is for, and whether it is of its kind and in its range.</summary>
internal sealed partial class Elaborator
{
    /// <summary>Arguments of an operation or a policy, checked; null where one was wrong.</summary>
    private Arguments? BindArguments(
        Call call, IReadOnlyList<OperationParameter> parameters, IReadOnlyList<Argument>? arguments = null)
    {
        var callee = call.Callee.Text;
        var bound = new List<CheckedArgument>();
        var ok = true;
        var position = 0;
        arguments ??= call.Arguments;
        if (parameters.Count > 0 && parameters[0].IsVariadic && arguments.TakeWhile(argument => argument.Name is null).ToArray() is { Length: > 1 } row)
            arguments = [new Argument(null, new ListExpression(row.Select(argument => argument.Value).ToArray(),
                TextSpan.Union(row[0].Span, row[row.Length - 1].Span)), TextSpan.Union(row[0].Span, row[row.Length - 1].Span)), .. arguments.Skip(row.Length)];
        foreach (var argument in arguments)
        {
            var parameter = argument.Name is null
                ? position < parameters.Count && !parameters[position].IsNameOnly ? parameters[position++] : null
                : FindParameter(parameters, argument.Name.Text);
            if (parameter is null)
            {
                ok = false;
                if (argument.Name is null)
                {
                    var byPosition = parameters.TakeWhile(one => !one.IsNameOnly).Select(one => one.Name).ToArray();
                    Report(DiagnosticCatalogue.TooManyArguments(At(argument.Span), callee, arguments.Count(a => a.Name is null), byPosition)
                        .WithHint(position < parameters.Count ? $"Unlike in torch, the input's own sizes are not written; by name: {string.Join(", ", parameters.Skip(position).Select(one => one.Name))}." : null));
                    return null;
                }
                ReportUnknownArgument(argument.Name, callee, parameters.Select(candidate => candidate.Name).ToArray());
                continue;
            }
            if (IsBound(parameter))
            {
                // Behind a mistake the positions are not what was meant.
                if (ok)
                    Report(DiagnosticCatalogue.ArgumentTwice(At(argument.Span), callee, parameter.Name));
                ok = false;
                continue;
            }
            var value = EvaluateArgument(argument.Value, parameter, callee);
            ok &= value is not ErrorValue;
            bound.Add(new CheckedArgument(parameter.Name, value, At(argument.Value.Span)));
        }
        // What is wrong may have been meant for what is missing.
        foreach (var parameter in parameters)
            if (parameter.IsRequired && !IsBound(parameter) && ok)
            {
                Report(DiagnosticCatalogue.MissingArgument(At(call.Span), callee, parameter.Name, parameter.KindText));
                ok = false;
            }
        return !ok ? null : bound.Count == 0 ? Arguments.None : new Arguments(bound.ToArray());

        bool IsBound(OperationParameter parameter)
        {
            foreach (var argument in bound)
                if (argument.Name == parameter.Name)
                    return true;
            return false;
        }
    }

    private static OperationParameter? FindParameter(IReadOnlyList<OperationParameter> parameters, string name)
    {
        foreach (var parameter in parameters)
            if (parameter.Name == name)
                return parameter;
        return null;
    }

    private void ReportUnknownArgument(Name name, string callee, IReadOnlyList<string> known) =>
        Report(DiagnosticCatalogue.UnknownArgument(At(name.Span), callee, name.Text, known.Count == 0 ? "none" : string.Join(", ", known))
            .WithHint(TorchArguments.Hint(name.Text, known) ?? (Spelling.Nearest(name.Text, known) is { } nearest ? $"Did you mean '{nearest}'?" : null)));

    /// <summary>An argument's value, of the parameter's kind and in its range, or an error.</summary>
    private Value EvaluateArgument(Expression expression, OperationParameter parameter, string callee)
    {
        if (expression is NameExpression word && _scope.Find(word.Name) is null && parameter.Words is { } words)
        {
            if (words.Contains(word.Name))
                return new WordValue(word.Name);
            if (parameter is WordParameter || word.Name is not ("true" or "false"))
                return Fail(DiagnosticCatalogue.UnknownWord(At(expression.Span), callee, parameter.Name, word.Name,
                    parameter is WordParameter ? string.Join(", ", words) : parameter.KindText)
                    .WithHint(Spelling.Nearest(word.Name, words.Concat(_scope.Names)) is { } near ? $"Did you mean '{near}'?" : null));
        }
        if (parameter is GainParameter && expression is CallExpression { Label: null } trained && parameter.Words is { } gains)
        {
            var text = string.Concat(_source.Slice(expression.Span).Where(c => !char.IsWhiteSpace(c)));
            return gains.Contains(text)
                ? new WordValue(text)
                : Fail(DiagnosticCatalogue.UnknownWord(At(expression.Span), callee, parameter.Name, text, parameter.KindText)
                    .WithHint(trained.Call.Arguments.Count > 0 ? "Write learned(channel) for a gain of each channel." : null));
        }
        if (parameter is LabelParameter)
            return new WordValue(_source.Slice(expression.Span));
        if (parameter is PolicyParameter)
            return (Value?)EvaluatePolicy(expression) ?? ErrorValue.Instance;
        var value = Evaluate(expression);
        if (value is ErrorValue)
            return value;
        if (value is SizeValue && parameter is ListParameter { IsVariadic: true })
            value = new ListValue([value]);
        if (!parameter.Accepts(value))
            return Fail(DiagnosticCatalogue.ArgumentType(At(expression.Span), callee, parameter.Name, parameter.KindText, value.Describe()));
        foreach (var number in Numbers(value))
            if (number is { } known && !parameter.Allows(known))
                return Fail(DiagnosticCatalogue.ArgumentRange(At(expression.Span), callee, parameter.Name, parameter.RangeText, value.Describe()));
        if (_isGeneric && parameter.Minimum is { } least)
            foreach (var size in value is ListValue list ? list.Items.OfType<SizeValue>() : value is SizeValue one ? [one] : [])
                if (!(size.Size.Minimum() >= least) && !IsChecked(size.Size, (long)least))
                    _items.Add(new CheckItem(size.Size, Relation.AtLeast, (long)least,
                        DiagnosticCatalogue.ArgumentRange(At(expression.Span), callee, parameter.Name, parameter.RangeText, value.Describe())));
        return value;
    }

    /// <summary>Whether a check is planned already: of a parameter that ten layers have, one is enough.</summary>
    private bool IsChecked(Size size, long least)
    {
        foreach (var item in _path.ItemsOutwards())
            if (item is CheckItem { Relation: Relation.AtLeast } check && check.Left == size && check.Right == least)
                return true;
        return false;
    }

    private static IEnumerable<double?> Numbers(Value value) => value switch
    {
        SizeValue size => [size.Size.Value],
        FloatValue number => [number.Constant],
        ListValue list => list.Items.SelectMany(Numbers),
        RecordValue record => record.Fields.SelectMany(field => Numbers(field.Value)),
        _ => [],
    };

    /// <summary>Arguments of a block, with defaults filled in; null where one was wrong.</summary>
    private BlockArguments? BindParameters(
        Call call, ModuleDeclaration declaration, SourceText source, IReadOnlyList<Argument> arguments)
    {
        var bound = new Dictionary<string, Value>();
        var ok = true;
        var position = 0;
        foreach (var argument in arguments)
        {
            var parameter = argument.Name is null
                ? position < declaration.Parameters.Count ? declaration.Parameters[position++] : null
                : declaration.Parameters.FirstOrDefault(candidate => candidate.Name.Text == argument.Name.Text);
            if (parameter is null)
            {
                ok = false;
                if (argument.Name is null)
                {
                    Report(DiagnosticCatalogue.TooManyArguments(
                        At(argument.Span), declaration.Name.Text, arguments.Count(a => a.Name is null), declaration.Parameters.Select(one => one.Name.Text).ToArray()));
                    return null;
                }
                ReportUnknownArgument(argument.Name, declaration.Name.Text, declaration.Parameters.Select(candidate => candidate.Name.Text).ToArray());
                continue;
            }
            if (bound.ContainsKey(parameter.Name.Text))
            {
                if (ok)
                    Report(DiagnosticCatalogue.ArgumentTwice(At(argument.Span), declaration.Name.Text, parameter.Name.Text));
                ok = false;
                continue;
            }
            var value = ParameterValue(parameter, argument.Value, declaration.Name.Text);
            ok &= value is not ErrorValue && RequireKnown(value, At(argument.Value.Span), declaration.Name.Text, $"argument '{parameter.Name.Text}'");
            bound[parameter.Name.Text] = value;
        }
        var given = bound.Keys.ToArray();
        foreach (var parameter in declaration.Parameters)
        {
            if (bound.ContainsKey(parameter.Name.Text))
                continue;
            if (parameter.Default is null)
            {
                if (ok)
                    Report(DiagnosticCatalogue.MissingArgument(At(call.Span), declaration.Name.Text, parameter.Name.Text, TypeText(parameter)));
                ok = false;
            }
            else
                bound[parameter.Name.Text] = new Elaborator(_context, declaration, source, false, new DiagnosticBag()).DefaultOf(parameter) ?? ErrorValue.Instance;
        }
        return ok ? new BlockArguments(bound, given) : null;
    }

    /// <summary>Demands that nothing which a module is built with depends on sizes that only data has.</summary>
    private bool RequireKnown(Arguments arguments, string callee)
    {
        foreach (var argument in arguments.All)
            if (!RequireKnown(argument.Value, argument.Place, callee, $"argument '{argument.Name}'"))
                return false;
        return true;
    }

    private bool RequireKnown(Value value, Place place, string callee, string what, string? found = null)
    {
        if (DataIn(value) is not { } symbol)
            return true;
        Report(DiagnosticCatalogue.UnknownSize(place, callee, what, found ?? value.Describe(), symbol.Name)
            .WithHint("Declare the input with a number or a parameter there."));
        return false;
    }

    private static Symbol? DataIn(Value value) => value.Symbols().FirstOrDefault(symbol => symbol.Kind == SymbolKind.Data);

    private static string TypeText(Parameter parameter) => parameter.Type.Text + (parameter.IsList ? "[]" : "");

    /// <summary>A value for a declared parameter, of its type, or an error.</summary>
    private Value ParameterValue(Parameter parameter, Expression expression, string callee)
    {
        if (parameter is { Type.Text: "norm", IsList: false })
            return (Value?)EvaluatePolicy(expression) ?? ErrorValue.Instance;
        var value = Evaluate(expression);
        if (value is ErrorValue)
            return value;
        var converted = (parameter.Type.Text, parameter.IsList, value) switch
        {
            ("int", false, SizeValue) => value,
            ("float", false, FloatValue) => value,
            ("float", false, SizeValue size) => AsFloat(size),
            ("bool", false, BoolValue) => value,
            ("int", true, ListValue list) when list.Items.All(item => item is SizeValue) => value,
            ("float", true, ListValue list) when list.Items.All(item => item is SizeValue or FloatValue) =>
                new ListValue(list.Items.Select(item => (Value)AsFloat(item)).ToArray()),
            ("int", true, ListParameterValue { IsFloat: false }) => value,
            ("float", true, ListParameterValue { IsFloat: true }) => value,
            _ => null,
        };
        if (converted is not null)
            return converted;
        return parameter.Type.Text is "int" or "float" || parameter is { IsList: false, Type.Text: "bool" or "norm" }
            ? Fail(DiagnosticCatalogue.ArgumentType(At(expression.Span), callee, parameter.Name.Text, TypeText(parameter), value.Describe())
                .WithHint(value is TensorValue ? "What '->' hands on is the value: leave it out of the arguments." : null))
            : ErrorValue.Instance;
    }

    private const string NoChannels = "A norm takes its channels from its input: leave them out.";

    /// <summary>A policy with its settings, or null where it was wrong.</summary>
    private PolicyValue? EvaluatePolicy(Expression expression)
    {
        if (expression is ErrorExpression)
        {
            _failed = true;
            return null;
        }
        if (expression is NameExpression name && _scope.Find(name.Name) is not null)
        {
            var value = Lookup(name.Name, name.Span);
            if (value is not (PolicyValue or ErrorValue))
                Report(DiagnosticCatalogue.ValueType(At(expression.Span), "This", "a normalization policy", value.Describe())
                    .WithHint(value is SizeValue ? NoChannels : null));
            return value as PolicyValue;
        }
        var call = expression switch
        {
            CallExpression { Label: null } written => written.Call,
            NameExpression bare => new Call(new Name(bare.Name, bare.Span), [], false, bare.Span),
            _ => null,
        };
        if (call is null || NormPolicies.Find(call.Callee.Text) is not { } policy)
        {
            var known = NormPolicies.All.Select(definition => definition.Name).ToArray();
            Report(DiagnosticCatalogue.ValueType(At(expression.Span), "This", $"a normalization policy ({string.Join(", ", known)})", $"'{_source.Slice(expression.Span)}'")
                .WithHint(expression is IntegerLiteral ? NoChannels
                    : call is not null && Spelling.Nearest(call.Callee.Text, known) is { } near ? $"Did you mean '{near}'?" : null));
            return null;
        }
        if (BindArguments(call, policy.Parameters) is not { } arguments || !RequireKnown(arguments, policy.Name))
            return null;
        if (arguments.Find("gain")?.Value is RecordValue record && !CheckGain(record, policy))
            return null;
        return policy.Bind(arguments);
    }

    private bool CheckGain(RecordValue gain, NormPolicyDefinition policy)
    {
        foreach (var (name, value, span) in gain.Fields)
        {
            if (name is not ("mean" or "variance"))
            {
                ReportUnknownArgument(new Name(name, span), "gain", ["mean", "variance"]);
                return false;
            }
            if (value is not (SizeValue or FloatValue))
            {
                Report(DiagnosticCatalogue.ArgumentType(At(span), policy.Name, "gain", "a number for mean and variance", value.Describe()));
                return false;
            }
        }
        foreach (var name in new[] { "mean", "variance" })
            if (gain.Fields.Count(field => field.Name == name) is var count and not 1)
            {
                var span = gain.Fields.Count > 0 ? gain.Fields[0].Span : _declaration.Name.Span;
                Report(count == 0
                    ? DiagnosticCatalogue.MissingArgument(At(span), "gain", name, "a number")
                    : DiagnosticCatalogue.ArgumentTwice(At(span), "gain", name));
                return false;
            }
        return true;
    }
}
