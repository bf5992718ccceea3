using System;

namespace KnDsl.Training;

/// <summary>
/// Marks a record within a record of settings whose settings are named as if they were the outer record's own: <c>--seed</c> and
/// <c>"seed"</c>, not <c>--run-seed</c> and <c>"run": { "seed" }</c>. So records can share settings.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FlattenAttribute : Attribute;
