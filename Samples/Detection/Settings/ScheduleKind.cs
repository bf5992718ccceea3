namespace KnDsl.Samples.Detection.Settings;

/// <summary>The courses of the learning rate.</summary>
internal enum ScheduleKind
{
    Drops,
    Cosine,
}
