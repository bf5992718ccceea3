using System;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace KnDsl.Training;

/// <summary>A process's connection to the store.</summary>
internal sealed class StoreClient : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    // Longer than a store needs for an answer, whatever the timeout of the rendezvous is.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly string _place;
    private readonly string _prefix;
    private readonly Socket _socket;
    private readonly BufferedStream _stream;

    private StoreClient(Socket socket, string place, string prefix)
    {
        _place = place;
        _prefix = prefix;
        _socket = socket;
        _socket.NoDelay = true;
        _socket.ReceiveTimeout = (int)AnswerTimeout.TotalMilliseconds;
        _stream = new(new NetworkStream(socket, ownsSocket: true));
        LocalAddress = ((IPEndPoint)socket.LocalEndPoint!).Address;
    }

    /// <summary>The address of this machine on the way to the first one: the network that the processes have in common.</summary>
    public IPAddress LocalAddress { get; }

    /// <summary>Connects, for as long as there is nobody to answer.</summary>
    /// <param name="environment">Where the store is.</param>
    /// <param name="timeout">How long to try.</param>
    /// <exception cref="DistributedException">There is no store, or its name is unknown.</exception>
    public static StoreClient Connect(ProcessEnvironment environment, TimeSpan timeout)
    {
        var (host, port) = (environment.MasterAddress!, environment.MasterPort);
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                using var left = new CancellationTokenSource(Left(start, timeout));
                socket.ConnectAsync(host, port, left.Token).AsTask().GetAwaiter().GetResult();
                var client = new StoreClient(socket, $"{host}:{port}", $"/kndsl/{environment.Attempt}/");
                client.Ask(stream =>
                {
                    stream.WriteByte((byte)StoreProtocol.Query.Validate);
                    stream.Write(BitConverter.GetBytes(StoreProtocol.Magic));
                    return true;
                });
                return client;
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                socket.Dispose();
                if (exception is SocketException { SocketErrorCode: SocketError.HostNotFound })
                {
                    throw new DistributedException(
                        $"Rank {environment.Rank} does not know the machine '{host}': set MASTER_ADDR to a name or address of the machine "
                        + "of rank 0 that every other machine knows.", exception);
                }

                if (Left(start, timeout) <= Pause)
                {
                    var reason = exception is SocketException ? exception.Message : "no answer";
                    throw new DistributedException(
                        $"Rank {environment.Rank} found nobody at {host}:{port} within {timeout.TotalSeconds:0.#} s ({reason}): "
                        + "rank 0 must run there, and no firewall may be between.", exception);
                }

                Thread.Sleep(Pause);
            }
        }
    }

    public void Set(string key, byte[] value) => Ask(stream =>
    {
        stream.WriteByte((byte)StoreProtocol.Query.Set);
        StoreProtocol.WriteText(stream, _prefix + key);
        StoreProtocol.WriteBytes(stream, value);
        return true;
    });

    public long Add(string key, long value) => Ask(
        stream =>
        {
            stream.WriteByte((byte)StoreProtocol.Query.Add);
            StoreProtocol.WriteText(stream, _prefix + key);
            StoreProtocol.WriteLong(stream, value);
        },
        StoreProtocol.ReadLong);

    /// <summary>The value of a key, or null if it does not come in time.</summary>
    public byte[]? Find(string key, TimeSpan timeout)
    {
        for (var start = Stopwatch.GetTimestamp(); !Has(key); Thread.Sleep(Pause))
        {
            if (Left(start, timeout) == TimeSpan.Zero)
                return null;
        }

        return Ask(
            stream =>
            {
                stream.WriteByte((byte)StoreProtocol.Query.Get);
                StoreProtocol.WriteText(stream, _prefix + key);
            },
            StoreProtocol.ReadBytes);
    }

    public void Dispose() => _stream.Dispose();

    private bool Has(string key) => Ask(
        stream =>
        {
            stream.WriteByte((byte)StoreProtocol.Query.Check);
            StoreProtocol.WriteLong(stream, 1);
            StoreProtocol.WriteText(stream, _prefix + key);
        },
        StoreProtocol.ReadByte) == 0;

    private T Ask<T>(Action<Stream> question, Func<Stream, T> answer) => Ask(stream =>
    {
        question(stream);
        stream.Flush();
        return answer(stream);
    });

    private T Ask<T>(Func<Stream, T> exchange)
    {
        lock (_lock)
        {
            try
            {
                var result = exchange(_stream);
                _stream.Flush();
                return result;
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                throw new DistributedException(
                    $"The connection to {_place}, where the processes find each other, broke off ({exception.Message}): rank 0 has ended, "
                    + "or another program answers there. Choose another MASTER_PORT if it is taken.", exception);
            }
        }
    }

    private static TimeSpan Left(long start, TimeSpan timeout)
    {
        var left = timeout - Stopwatch.GetElapsedTime(start);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
