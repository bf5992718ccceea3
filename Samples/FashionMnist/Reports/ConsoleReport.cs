using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using KnDsl.Samples.FashionMnist.Training;
using KnDsl.Training;
using Spectre.Console;

namespace KnDsl.Samples.FashionMnist.Reports;

/// <summary>Shows the progress of a training: moving bars in a terminal, one line per epoch elsewhere.</summary>
internal static class ConsoleReport
{
    /// <summary>Runs some work that shows the course of each method.</summary>
    public static T Follow<T>(IAnsiConsole console, Settings settings, Func<Func<Method, Course>, T> work)
    {
        if (!console.Profile.Out.IsTerminal || !console.Profile.Capabilities.Interactive)
            return work(method => new Lines(method, console, settings));

        return console.Progress()
            .AutoClear(false)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new PercentageColumn(),
                new RemainingTimeColumn())
            .Start(context => work(method => new Bar(method, context, settings)));
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

    private sealed class Bar(Method method, ProgressContext context, Settings settings) : Course(method)
    {
        /// <summary>The number of steps between two figures: more often, nobody could read them.</summary>
        private const int Interval = 10;

        private readonly ProgressTask task = context.AddTask(method.Name);
        private string tested = "";

        public override void Started(TrainingPlan plan)
        {
            base.Started(plan);
            task.MaxValue = plan.Steps;
        }

        public override void Stepped(StepReport report)
        {
            base.Stepped(report);
            task.Value = report.Position.Step;
            if (report.Position.Step % Interval == 0)
                Describe(report.Loss);
        }

        protected override void Tested(Epoch epoch)
        {
            tested = Text($"  epoch {epoch.Number}/{settings.Epochs}: error {epoch.Error:F2} %");
            Describe(epoch.Loss);
        }

        private void Describe(double loss) => task.Description = Text($"{Method.Name,-7} loss {loss:F3}{tested}");
    }

    private sealed class Lines(Method method, IAnsiConsole console, Settings settings) : Course(method)
    {
        public override void Started(TrainingPlan plan)
        {
            base.Started(plan);
            console.WriteLine(Text($"{Method.Name}: {Method.Policy}, {plan.Steps} steps"));
        }

        protected override void Tested(Epoch epoch)
        {
            var head = Text($"  epoch {epoch.Number}/{settings.Epochs}");
            console.WriteLine(head + Text($"  loss {epoch.Loss:F3}  error {epoch.Error:F2} %  {epoch.Elapsed.TotalSeconds:F1} s"));
        }
    }
}
