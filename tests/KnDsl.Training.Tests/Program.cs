using System;
using KnDsl.Training.Tests.Running;

namespace KnDsl.Training.Tests;

/// <summary>What tests start in a process of its own.</summary>
internal static class Program
{
    private static int Main(string[] args) => args switch
    {
        ["train", var checkpoints, var result] => KilledTraining.Run(checkpoints, result),
        _ => throw new ArgumentException($"unknown job: {string.Join(' ', args)}"),
    };
}
