namespace System.Runtime.CompilerServices;

/// <summary>Lets records and init-only members compile for netstandard2.0, which lacks this marker.</summary>
internal static class IsExternalInit;
