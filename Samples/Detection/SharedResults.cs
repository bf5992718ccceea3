using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Training;
using KnDsl.Vision;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection;

/// <summary>Brings the detections of several processes together, as COCO's json, which is short.</summary>
internal static class SharedResults
{
    /// <summary>The detections of all processes, the same in each.</summary>
    /// <param name="results">Those of this process.</param>
    /// <param name="processes">The processes.</param>
    /// <param name="annotations">The set that the detections are of.</param>
    public static IReadOnlyList<CocoResult> Gather(
        IReadOnlyList<CocoResult> results, ProcessGroup processes, CocoAnnotations annotations)
    {
        if (processes.Size == 1)
            return results;
        var file = Path.GetTempFileName();
        try
        {
            CocoResults.Write(file, results);
            var own = File.ReadAllBytes(file);
            var (all, seen) = (new List<CocoResult>(), new HashSet<long>());
            for (var rank = 0; rank < processes.Size; rank++)
            {
                File.WriteAllBytes(file, Share(own, rank, processes));
                // Where images do not divide by the processes, two have the same one.
                var ofRank = CocoResults.Read(file, annotations).Results.Where(result => !seen.Contains(result.ImageId)).ToArray();
                all.AddRange(ofRank);
                seen.UnionWith(ofRank.Select(result => result.ImageId));
            }
            return all;
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>The bytes of one process.</summary>
    private static byte[] Share(byte[] own, int rank, ProcessGroup processes)
    {
        using var scope = NewDisposeScope();
        using var length = tensor([(long)own.Length]);
        processes.Broadcast(length, rank, "the length of detections");
        var bytes = rank == processes.Rank ? tensor(own) : zeros(length.item<long>(), ScalarType.Byte);
        processes.Broadcast(bytes, rank, "detections");
        return bytes.data<byte>().ToArray();
    }
}
