using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>Finds the parameter that each argument of a call is for: one algorithm for operations, policies and blocks.</summary>
internal sealed class CallBinder(Rooms rooms)
{
    /// <summary>Arguments of an operation or a policy, checked; null where one was wrong.</summary>
    /// <param name="arguments">The arguments to bind, where they are not all of the call's.</param>
    public Arguments? Bind(
        BodyPath path, Call call, IReadOnlyList<OperationParameter> parameters, IReadOnlyList<Argument>? arguments = null)
    {
        var bound = Bind(path, call, arguments ?? call.Arguments, new OperationSignature(parameters, rooms.Arguments, call.Callee.Text));
        return bound is null ? null : bound.Count == 0 ? Arguments.None : new Arguments(bound.ToArray());
    }

    /// <summary>Arguments of a block, with defaults filled in; null where one was wrong.</summary>
    /// <param name="missing">The inputs that the call has not given, which a message may name; null is none.</param>
    public BlockArguments? BindBlock(
        BodyPath path, Call call, DeclaredModule block, IReadOnlyList<Argument> arguments, IEnumerable<string>? missing = null)
    {
        if (Bind(path, call, arguments, new BlockSignature(block.Declaration, rooms.Arguments, missing ?? [])) is not { } bound)
            return null;
        var all = bound.ToDictionary(argument => argument.Name, argument => argument.Value);
        var given = all.Keys.ToArray();
        foreach (var parameter in block.Declaration.Parameters)
            if (!all.ContainsKey(parameter.Name.Text))
                all[parameter.Name.Text] = ModuleChecker.DefaultOf(rooms.Subject.Context, block, parameter);
        return new BlockArguments(all, given);
    }

    private List<CheckedArgument>? Bind(BodyPath path, Call call, IReadOnlyList<Argument> arguments, Signature signature)
    {
        var callee = call.Callee.Text;
        var bound = new List<CheckedArgument>();
        var ok = true;
        var position = 0;
        if (signature.IsVariadic)
            arguments = WithList(arguments);
        foreach (var argument in arguments)
        {
            var parameter = argument.Name is not null ? signature.Find(argument.Name.Text)
                : position < signature.Count && !signature.IsNameOnly(position) ? position++
                : -1;
            if (parameter < 0)
            {
                ok = false;
                if (argument.Name is null)
                {
                    // After a mistake the positions are not what was meant.
                    if (bound.All(earlier => earlier.Value is not ErrorValue))
                        ReportTooMany(argument, callee, arguments, signature, position);
                    return null;
                }
                // A parameter that a block lacks is one mistake, wherever it is given.
                if (signature is BlockSignature
                    && !rooms.Subject.Context.IsFirstUse(rooms.Subject.Source, $"{callee}.{argument.Name.Text}", argument.Name.Span))
                    rooms.Findings.Suppress();
                else
                    ReportUnknown(argument.Name, callee, signature.Known.ToArray());
                continue;
            }
            var name = signature.NameOf(parameter);
            if (IsBound(bound, name))
            {
                // After a mistake the positions are not what was meant.
                if (ok)
                    rooms.Findings.Report(DiagnosticCatalogue.ArgumentTwice(rooms.Subject.At(argument.Span), callee, name)
                        .WithHint(argument.Name is null
                            ? $"Without a name it is for '{name}'; write the name of the argument that is meant."
                            : null));
                ok = false;
                continue;
            }
            var value = signature.Evaluate(path, parameter, argument.Value);
            ok &= value is not ErrorValue;
            bound.Add(new CheckedArgument(name, value, rooms.Subject.At(argument.Value.Span)));
        }
        // What is wrong may have been meant for what is missing.
        for (var i = 0; i < signature.Count && ok; i++)
            if (signature.IsRequired(i) && !IsBound(bound, signature.NameOf(i)))
            {
                rooms.Findings.Report(
                    DiagnosticCatalogue.MissingArgument(rooms.Subject.At(call.Span), callee, signature.NameOf(i), signature.KindOf(i)));
                ok = false;
            }
        return ok ? bound : null;
    }

    /// <summary>The first arguments by position as one list: torch's permute(0, 2, 3, 1).</summary>
    private static IReadOnlyList<Argument> WithList(IReadOnlyList<Argument> arguments)
    {
        var row = arguments.TakeWhile(argument => argument.Name is null).ToArray();
        if (row.Length < 2)
            return arguments;
        var span = TextSpan.Union(row[0].Span, row[row.Length - 1].Span);
        return [new Argument(null, new ListExpression(row.Select(argument => argument.Value).ToArray(), span), span),
            .. arguments.Skip(row.Length)];
    }

    private static bool IsBound(List<CheckedArgument> bound, string name)
    {
        foreach (var argument in bound)
            if (argument.Name == name)
                return true;
        return false;
    }

    private void ReportTooMany(Argument argument, string callee, IReadOnlyList<Argument> arguments, Signature signature, int position)
    {
        var byPosition = Enumerable.Range(0, signature.Count).TakeWhile(i => !signature.IsNameOnly(i)).Select(signature.NameOf).ToArray();
        rooms.Findings.Report(DiagnosticCatalogue.TooManyArguments(
                rooms.Subject.At(argument.Span), callee, arguments.Count(other => other.Name is null), byPosition,
                position < signature.Count)
            .WithHint(position < signature.Count
                ? (argument.Value is FloatLiteral ? "" : "Unlike in torch, the sizes of the input are not given. ")
                    + $"Other arguments go by name: {string.Join(", ", signature.Names.Skip(position))}."
                : argument.Value is NameExpression ? $"Values come from the left: value -> {callee}."
                : null));
    }

    public void ReportUnknown(Name name, string callee, IReadOnlyList<string> known) =>
        rooms.Findings.Report(DiagnosticCatalogue.UnknownArgument(
                rooms.Subject.At(name.Span), callee, name.Text, known.Count == 0 ? "none" : string.Join(", ", known))
            .WithHint(TorchArguments.Hint(name.Text, known) ?? Spelling.Hint(name.Text, known)));
}
