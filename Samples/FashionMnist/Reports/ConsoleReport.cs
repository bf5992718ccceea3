using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using KnDsl.Samples.FashionMnist.Training;
using Spectre.Console;

namespace KnDsl.Samples.FashionMnist.Reports;

/// <summary>Shows the progress of a training: moving bars in a terminal, one line per epoch elsewhere.</summary>
internal static class ConsoleReport
{
    /// <summary>Runs some work with an observer that shows its progress.</summary>
    public static T Follow<T>(IAnsiConsole console, Settings settings, Func<IObserver, T> work)
    {
        if (!console.Profile.Out.IsTerminal || !console.Profile.Capabilities.Interactive)
            return work(new Lines(console, settings));

        return console.Progress()
            .AutoClear(false)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new PercentageColumn(),
                new RemainingTimeColumn())
            .Start(context => work(new Bars(context, settings)));
    }

    /// <summary>Shows the outcomes of all methods as a table.</summary>
    public static void Summarize(IAnsiConsole console, IReadOnlyList<Outcome> outcomes)
    {
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumn("method");
        table.AddColumn("policy");
        table.AddColumn(new TableColumn("test error %").RightAligned());
        table.AddColumn(new TableColumn("training loss").RightAligned());
        table.AddColumn(new TableColumn("seconds").RightAligned());
        foreach (var outcome in outcomes)
        {
            table.AddRow(
                outcome.Method.Name,
                outcome.Method.Policy.ToString().EscapeMarkup(),
                Text($"{outcome.Error:F2}"),
                Text($"{outcome.Epochs[^1].Loss:F4}"),
                Text($"{outcome.Elapsed.TotalSeconds:F1}"));
        }
        console.Write(table);
    }

    /// <summary>The last line of a run, for scripts: <c>errors: kalman=13.8 batch=16.2 group=16.3</c>.</summary>
    public static string LastLine(IReadOnlyList<Outcome> outcomes)
        => "errors: " + string.Join(' ', outcomes.Select(o => Text($"{o.Method.Name}={o.Error:F1}")));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed class Bars(ProgressContext context, Settings settings) : IObserver
    {
        /// <summary>The number of steps between two figures: more often, nobody could read them.</summary>
        private const int Interval = 10;

        private readonly Dictionary<Method, ProgressTask> tasks = [];
        private readonly Dictionary<Method, string> tested = [];

        public void Started(Method method, int steps)
        {
            tested[method] = "";
            tasks[method] = context.AddTask(method.Name, maxValue: steps);
        }

        public void Stepped(Method method, int step, double loss, double learningRate)
        {
            tasks[method].Value = step;
            if (step % Interval == 0)
                Describe(method, loss);
        }

        public void Tested(Method method, Epoch epoch, int step)
        {
            tested[method] = Text($"  epoch {epoch.Number}/{settings.Epochs}: error {epoch.Error:F2} %");
            Describe(method, epoch.Loss);
        }

        private void Describe(Method method, double loss)
            => tasks[method].Description = Text($"{method.Name,-7} loss {loss:F3}{tested[method]}");
    }

    private sealed class Lines(IAnsiConsole console, Settings settings) : IObserver
    {
        public void Started(Method method, int steps)
            => console.WriteLine(Text($"{method.Name}: {method.Policy}, {steps} steps"));

        public void Stepped(Method method, int step, double loss, double learningRate)
        {
        }

        public void Tested(Method method, Epoch epoch, int step)
        {
            var head = Text($"  epoch {epoch.Number}/{settings.Epochs}");
            console.WriteLine(head + Text($"  loss {epoch.Loss:F3}  error {epoch.Error:F2} %  {epoch.Elapsed.TotalSeconds:F1} s"));
        }
    }
}
