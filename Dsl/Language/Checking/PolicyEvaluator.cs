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

/// <summary>Evaluates normalization policies with their settings, and knows which norms take.</summary>
internal sealed class PolicyEvaluator(Rooms rooms)
{
    private const string NoChannels = "A norm reads its channels from its input: remove them.";

    private readonly List<TextSpan> _statements = [];
    private readonly HashSet<TextSpan> _used = [];

    /// <summary>Whether a norm of the block takes the policy of its user.</summary>
    public bool UsesAmbient { get; private set; }

    /// <summary>A statement sets a policy, which a norm is to take.</summary>
    public PolicyInForce Set(PolicyValue policy, NormStatement statement)
    {
        _statements.Add(statement.Span);
        return new PolicyInForce(policy, statement.Span);
    }

    /// <summary>A norm, or a block that has norms, takes a policy.</summary>
    public void Use(PolicyInForce policy)
    {
        if (policy.Statement is { } statement)
            _used.Add(statement);
        UsesAmbient |= policy.IsAmbient && rooms.Subject.IsBlock;
    }

    public void ReportUnused()
    {
        foreach (var statement in _statements)
            if (!_used.Contains(statement))
                rooms.Findings.Report(DiagnosticCatalogue.UnusedPolicy(rooms.Subject.At(statement))
                    .WithHint("A policy is for the norms after it, until the next 'norm = ...' or the end of its braces."));
    }

    /// <summary>A policy with its settings, or null where it was wrong.</summary>
    public PolicyValue? Evaluate(BodyPath path, Expression expression)
    {
        if (expression is ErrorExpression)
        {
            rooms.Findings.Suppress();
            return null;
        }
        var place = rooms.Subject.At(expression.Span);
        if (expression is NameExpression name && path.Scope.Find(name.Name) is not null)
        {
            var value = rooms.Names.Lookup(path, name.Name, name.Span);
            if (value is not (PolicyValue or ErrorValue))
                rooms.Findings.Report(DiagnosticCatalogue.ValueType(place, "This", "a normalization policy", value.Describe())
                    .WithHint(value is SizeValue ? NoChannels : null));
            return value as PolicyValue;
        }
        var call = expression switch
        {
            CallExpression { Label: null } written => written.Call,
            NameExpression bare => new Call(new Name(bare.Name, bare.Span), [], false, bare.Span),
            _ => null,
        };
        if (call is not null && NormPolicies.Find(call.Callee.Text) is { } policy)
            return EvaluateCall(path, call, policy);
        var known = NormPolicies.All.Select(definition => definition.Name).ToArray();
        rooms.Findings.Report(DiagnosticCatalogue.ValueType(
                place, "This", $"a normalization policy ({string.Join(", ", known)})", $"'{rooms.Subject.Source.Slice(expression.Span)}'")
            .WithHint(expression switch
            {
                IntegerLiteral => NoChannels,
                TextLiteral text when known.Contains(text.Value) => $"Write it without quotes: {text.Value}().",
                _ when call is null => null,
                _ when path.Scope.Find(call.Callee.Text)?.Value is PolicyValue =>
                    $"'{call.Callee.Text}' has its settings where the network is made: write norm = {call.Callee.Text}.",
                _ when call.Callee.Text is "null" or "None" or "nil" or "identity" => "For no normalization write none().",
                _ => Spelling.Hint(call.Callee.Text, [.. known, .. path.Scope.NamesOf<PolicyValue>()])
                    ?? Spelling.Hint(FirstWord(call.Callee.Text), known),
            }));
        return null;
    }

    /// <summary>The name without 'norm' and what comes after it: BatchNorm2d is batch.</summary>
    private static string FirstWord(string name) =>
        name.IndexOf("norm", System.StringComparison.OrdinalIgnoreCase) is > 0 and var end ? name.Substring(0, end).TrimEnd('_') : name;

    /// <summary>A policy as a value, or an error.</summary>
    public Value EvaluateValue(BodyPath path, Expression expression) => (Value?)Evaluate(path, expression) ?? ErrorValue.Instance;

    private PolicyValue? EvaluateCall(BodyPath path, Call call, NormPolicyDefinition policy)
    {
        if (rooms.Binder.Bind(path, call, policy.Parameters) is not { } arguments
            || !rooms.Requirements.RequireKnown(arguments, policy.Name))
            return null;
        foreach (var gain in policy.Parameters.OfType<GainParameter>())
            if (arguments.Find(gain.Name)?.Value is RecordValue record && !CheckGain(gain, record, policy))
                return null;
        var relations = policy.Relations(setting =>
            arguments.Find(setting.Name) is { } given ? setting.Read(given.Value) : setting.Default);
        if (!relations.All(relation => CheckRelation(path, relation, arguments, policy)))
            return null;
        if (NormPolicies.IsSynchronized(arguments) && arguments.Find(NormPolicies.Microbatch.Name) is { Place: var part })
        {
            rooms.Findings.Report(DiagnosticCatalogue.NoEffect(
                part, policy.Name, NormPolicies.Microbatch.Name, "synchronized statistics are those of the batches of all processes"));
            return null;
        }
        if (policy.IsOfOneSample(arguments) && arguments.Find(policy.SamplesAboveOne!.Name) is { Place: var of })
            rooms.Findings.Report(DiagnosticCatalogue.OneSample(of, policy.Name));
        return policy.Bind(arguments);
    }

    private bool CheckRelation(BodyPath path, SettingRelation relation, Arguments arguments, NormPolicyDefinition policy)
    {
        if ((arguments.Find(relation.Setting.Name) ?? arguments.Find(relation.Other.Name)) is not { Place: var place })
            return true;
        Diagnostic OutOfRange() => DiagnosticCatalogue.ArgumentRange(
            place, policy.Name, relation.Setting.Name, relation.Expected, relation.Size.ToString());
        if ((relation.Size - relation.Least).Maximum() < 0)
        {
            rooms.Findings.Report(OutOfRange());
            return false;
        }
        rooms.Requirements.RequireAtLeast(path, relation.Size, relation.Least, OutOfRange);
        return true;
    }

    private bool CheckGain(GainParameter parameter, RecordValue gain, NormPolicyDefinition policy)
    {
        foreach (var (name, value, span) in gain.Fields)
        {
            if (name.Length == 0)
            {
                rooms.Findings.Report(DiagnosticCatalogue.ArgumentType(
                    rooms.Subject.At(span), policy.Name, parameter.Name, "mean and variance by name", value.Describe()));
                return false;
            }
            if (!GainParameter.Fields.Contains(name))
            {
                rooms.Binder.ReportUnknown(new Name(name, span), parameter.Name, GainParameter.Fields);
                return false;
            }
            if (value is not (SizeValue or FloatValue))
            {
                rooms.Findings.Report(DiagnosticCatalogue.ArgumentType(
                    rooms.Subject.At(span), policy.Name, parameter.Name, "a number for mean and variance", value.Describe()));
                return false;
            }
        }
        foreach (var name in GainParameter.Fields)
            if (gain.Fields.Count(field => field.Name == name) is var count and not 1)
            {
                var place = gain.Fields.Count > 0 ? rooms.Subject.At(gain.Fields[0].Span) : rooms.Subject.NamePlace;
                rooms.Findings.Report(count == 0
                    ? DiagnosticCatalogue.MissingArgument(place, parameter.Name, name, "a number")
                    : DiagnosticCatalogue.ArgumentTwice(place, parameter.Name, name));
                return false;
            }
        return true;
    }
}
