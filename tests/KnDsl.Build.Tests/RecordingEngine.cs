using System.Collections;
using System.Collections.Generic;
using Microsoft.Build.Framework;

namespace KnDsl.Build.Tests;

/// <summary>Stands in for MSBuild and keeps what a task reports.</summary>
internal sealed class RecordingEngine : IBuildEngine
{
    public List<(string Code, string Message)> Warnings { get; } = [];

    public List<string> Errors { get; } = [];

    public bool ContinueOnError => false;

    public int LineNumberOfTaskNode => 0;

    public int ColumnNumberOfTaskNode => 0;

    public string ProjectFileOfTaskNode => "";

    public bool BuildProjectFile(string project, string[] targets, IDictionary properties, IDictionary outputs) => false;

    public void LogCustomEvent(CustomBuildEventArgs e)
    {
    }

    public void LogErrorEvent(BuildErrorEventArgs e) => Errors.Add(e.Message ?? "");

    public void LogMessageEvent(BuildMessageEventArgs e)
    {
    }

    public void LogWarningEvent(BuildWarningEventArgs e) => Warnings.Add((e.Code ?? "", e.Message ?? ""));
}
