using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;

namespace KnDsl.Training;

/// <summary>Keys and values that processes leave for each other until all are connected. It answers as c10d's TCPStore does.</summary>
internal sealed class StoreServer : IDisposable
{
    private readonly Dictionary<string, byte[]> _values = [];
    private readonly List<Socket> _clients = [];
    private readonly Socket _listener;

    /// <summary>Listens.</summary>
    /// <param name="port">The port, or 0 for any that is free.</param>
    /// <exception cref="DistributedException">The port cannot be used.</exception>
    public StoreServer(int port)
    {
        // Where there is IPv6, for both.
        var any = Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        _listener = new(any.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (Socket.OSSupportsIPv6)
                _listener.DualMode = true;
            _listener.Bind(new IPEndPoint(any, port));
            _listener.Listen(1024);
        }
        catch (SocketException exception)
        {
            _listener.Dispose();
            throw new DistributedException(
                $"Rank 0 cannot listen on port {port} ({exception.Message}): set MASTER_PORT to a free port, the same in all processes.",
                exception);
        }

        new Thread(Accept) { IsBackground = true, Name = "KnDsl rendezvous" }.Start();
    }

    /// <summary>The port that it listens on.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public void Dispose()
    {
        _listener.Dispose();
        lock (_clients)
        {
            foreach (var client in _clients)
                client.Dispose();
        }
    }

    private void Accept()
    {
        while (true)
        {
            try
            {
                var client = _listener.Accept();
                lock (_clients)
                    _clients.Add(client);
                new Thread(() => Serve(client)) { IsBackground = true, Name = "KnDsl rendezvous" }.Start();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Serve(Socket client)
    {
        try
        {
            client.NoDelay = true;
            using var stream = new BufferedStream(new NetworkStream(client, ownsSocket: true));
            if (StoreProtocol.ReadByte(stream) != (byte)StoreProtocol.Query.Validate
                || StoreProtocol.ReadMagic(stream) != StoreProtocol.Magic)
            {
                return;
            }

            while (Answer(stream))
                stream.Flush();
        }
        catch (Exception exception) when (
            exception is IOException or SocketException or ObjectDisposedException or InvalidDataException or FormatException)
        {
            // A client that is gone, or another program that tried the port: this process trains on.
        }
    }

    private bool Answer(Stream stream)
    {
        switch ((StoreProtocol.Query)StoreProtocol.ReadByte(stream))
        {
            case StoreProtocol.Query.Set:
                var (key, value) = (StoreProtocol.ReadText(stream), StoreProtocol.ReadBytes(stream));
                lock (_values)
                    _values[key] = value;
                return true;
            case StoreProtocol.Query.Get:
                StoreProtocol.WriteBytes(stream, Find(StoreProtocol.ReadText(stream)) ?? []);
                return true;
            case StoreProtocol.Query.Add:
                StoreProtocol.WriteLong(stream, Add(StoreProtocol.ReadText(stream), StoreProtocol.ReadLong(stream)));
                return true;
            case StoreProtocol.Query.Check:
                var areThere = true;
                for (var count = StoreProtocol.ReadLong(stream); count > 0; count--)
                    areThere &= Find(StoreProtocol.ReadText(stream)) is not null;
                stream.WriteByte((byte)(areThere ? 0 : 1));
                return true;
            default:
                return false;
        }
    }

    private byte[]? Find(string key)
    {
        lock (_values)
            return _values.GetValueOrDefault(key);
    }

    private long Add(string key, long value)
    {
        lock (_values)
        {
            if (_values.TryGetValue(key, out var old))
                value += long.Parse(Encoding.ASCII.GetString(old), CultureInfo.InvariantCulture);
            _values[key] = Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));
            return value;
        }
    }
}
