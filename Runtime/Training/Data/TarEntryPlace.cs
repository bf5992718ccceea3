namespace KnDsl.Training;

/// <summary>Where an image lies in a tar archive.</summary>
/// <param name="Archive">The number of the archive.</param>
/// <param name="Name">The name of the entry, with the names of archives in the archive before it.</param>
/// <param name="Folder">The name without that of the file; for an entry in no folder the name of its archive.</param>
/// <param name="Offset">The first byte of the image in the archive.</param>
/// <param name="Length">The bytes of the image.</param>
internal readonly record struct TarEntryPlace(int Archive, string Name, string Folder, long Offset, long Length);
