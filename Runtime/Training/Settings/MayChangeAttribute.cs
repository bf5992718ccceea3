using System;

namespace KnDsl.Training;

/// <summary>
/// Marks a setting that may differ when a run goes on, since what is learned does not depend on it: where the data is, the number of
/// threads that read it.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MayChangeAttribute : Attribute;
