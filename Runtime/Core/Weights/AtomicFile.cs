using System;
using System.IO;
using System.Runtime.InteropServices;

namespace KnDsl;

/// <summary>Writes a file completely or not at all, even if the process fails in between.</summary>
internal static class AtomicFile
{
    /// <summary>
    /// Hands out a new file beside <paramref name="path"/>, which takes its place once it has reached the disk. Where
    /// <paramref name="path"/> is a link, the file that it points to is replaced. The rights to a file that is replaced stay.
    /// </summary>
    /// <remarks>Into a device or a pipe, which has no content that could be lost, is written at once.</remarks>
    /// <exception cref="IOException">The folder is not there or cannot be written in, or the path is a folder itself.</exception>
    internal static void Write(string path, Action<Stream> write)
    {
        if (IsDeviceOrPipe(path))
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            write(stream);
            return;
        }

        var file = new FileInfo(path);
        var target = file.LinkTarget is null
            ? file.FullName
            : file.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        if (Directory.Exists(target))
            throw new IOException($"{path}: is a folder, expected the name of a file to write");
        var folder = Path.GetDirectoryName(target)!;
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException(
                $"{path}: the folder '{folder}' does not exist, so the file cannot be written: create it first");
        }

        var temporary = Path.Combine(folder, $".writing-{Guid.NewGuid():N}.tmp");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            if (!OperatingSystem.IsWindows() && File.Exists(target))
                File.SetUnixFileMode(temporary, File.GetUnixFileMode(target));
            File.Move(temporary, target, overwrite: true);
        }
        catch (UnauthorizedAccessException error)
        {
            Remove(temporary);
            throw new IOException($"{path}: there is no right to write in the folder '{folder}'", error);
        }
        catch
        {
            Remove(temporary);
            throw;
        }
        SynchronizeFolder(folder);
    }

    /// <summary>Whether there is something at a path that is neither a file nor a folder.</summary>
    private static unsafe bool IsDeviceOrPipe(string path)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        const int CurrentFolder = -100;
        const uint Type = 1;
        const int ModeAt = 28, TypeMask = 0xF000, RegularFile = 0x8000, Folder = 0x4000;
        var status = stackalloc byte[256];
        return statx(CurrentFolder, path, 0, Type, status) == 0
            && (*(ushort*)(status + ModeAt) & TypeMask) is not (RegularFile or Folder);
    }

    private static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The first error matters more to the caller than this one.
        }
    }

    /// <summary>
    /// Lets the new name reach the disk too. A file system that cannot do so for a folder has its own way or none;
    /// the file is complete in any case.
    /// </summary>
    internal static void SynchronizeFolder(string folder)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            return;
        var handle = open(folder, 0);
        if (handle < 0)
            return;
        _ = fsync(handle);
        _ = close(handle);
    }

    [DllImport("libc")]
    private static extern unsafe int statx(
        int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, byte* status);

    [DllImport("libc")]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc")]
    private static extern int fsync(int handle);

    [DllImport("libc")]
    private static extern int close(int handle);
}
