using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>
/// The state of one of TorchSharp's optimizers as named tensors, <c>PARAMETER.FIELD</c>: momenta, averages and step numbers. TorchSharp
/// keeps them in public fields of a class for each kind of optimizer, and reads and writes them in a form of its own only.
/// </summary>
internal static class OptimizerTensors
{
    /// <summary>The kind of an optimizer, whose states those of the kind can go on with: <c>SGD</c>.</summary>
    public static string KindOf(OptimizerHelper optimizer) =>
        (optimizer.state_dict().State.FirstOrDefault()?.GetType().DeclaringType ?? optimizer.GetType()).Name;

    /// <summary>The state's tensors, which stay the optimizer's; numbers become tensors that the caller owns.</summary>
    public static IEnumerable<KeyValuePair<string, Tensor>> Read(OptimizerHelper optimizer, Func<Parameter, string> nameOf)
    {
        foreach (var (parameter, state) in States(optimizer))
        {
            foreach (var field in Fields(state))
            {
                var value = field.GetValue(state) switch
                {
                    Tensor tensor => tensor,
                    long number => tensor(number, ScalarType.Int64),
                    double number => tensor(number, ScalarType.Float64),
                    _ => null,
                };
                if (value is not null)
                    yield return new(EntryOf(nameOf(parameter), field), value);
            }
        }
    }

    /// <summary>Compares a file with an optimizer.</summary>
    /// <exception cref="CheckpointException">The file is of another optimizer or other parameters.</exception>
    public static void Check(OptimizerHelper optimizer, Func<Parameter, string> nameOf, SafetensorsFile file)
    {
        var known = States(optimizer)
            .SelectMany(at => Fields(at.State).Select(field => (Name: EntryOf(nameOf(at.Parameter), field), field.FieldType, at.Parameter)))
            .ToDictionary(at => at.Name);
        foreach (var entry in file.Entries)
        {
            if (!known.TryGetValue(entry.Name, out var at))
            {
                throw new CheckpointException(
                    file.Path,
                    $"it holds '{entry.Name}', which the optimizer of these parameters does not have: it was written "
                    + "with another optimizer, or with other parameters frozen");
            }

            if (at.FieldType == typeof(Tensor) && !entry.Shape.SequenceEqual(at.Parameter.shape))
            {
                throw new CheckpointException(
                    file.Path, $"'{entry.Name}' has the shape [{string.Join(", ", entry.Shape)}], and its parameter "
                    + $"[{string.Join(", ", at.Parameter.shape)}]");
            }
        }
    }

    /// <summary>Gives an optimizer the state of a file that was compared with it.</summary>
    public static void Write(OptimizerHelper optimizer, Func<Parameter, string> nameOf, SafetensorsFile file)
    {
        foreach (var (parameter, state) in States(optimizer))
        {
            foreach (var field in Fields(state))
            {
                var entry = EntryOf(nameOf(parameter), field);
                if (!file.Contains(entry))
                    continue;
                if (field.FieldType == typeof(Tensor))
                    Set(field, state, file, entry, parameter);
                else
                    SetNumber(field, state, file, entry);
            }
        }
    }

    private static string EntryOf(string parameter, FieldInfo field) => $"{parameter}.{field.Name}";

    private static void Set(FieldInfo field, OptimizerState state, SafetensorsFile file, string entry, Parameter parameter)
    {
        using var before = (Tensor?)field.GetValue(state);
        field.SetValue(state, file.Read(entry, parameter.device).DetachFromDisposeScope());
    }

    private static void SetNumber(FieldInfo field, OptimizerState state, SafetensorsFile file, string entry)
    {
        using var value = file.Read(entry);
        field.SetValue(state, Convert.ChangeType(
            value.dtype == ScalarType.Int64 ? value.item<long>() : value.item<double>(), field.FieldType, CultureInfo.InvariantCulture));
    }

    /// <summary>The parameters of an optimizer, each with its state, in the order in which it keeps both.</summary>
    private static IEnumerable<(Parameter Parameter, OptimizerState State)> States(OptimizerHelper optimizer) =>
        optimizer.parameters().Zip(optimizer.state_dict().State);

    private static IEnumerable<FieldInfo> Fields(OptimizerState state) => state.GetType()
        .GetFields(BindingFlags.Public | BindingFlags.Instance)
        .Where(field => field.FieldType == typeof(Tensor) || field.FieldType == typeof(long) || field.FieldType == typeof(double))
        .OrderBy(field => field.Name, StringComparer.Ordinal);
}
