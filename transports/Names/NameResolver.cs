using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports.Names;

/// <summary>
/// Finds the addresses of host names: in /etc/hosts, then by asking the servers of /etc/resolv.conf. Not by the name
/// services of the C library: in a static program they load libraries of another one, or none, and end it. So nothing
/// else that a system may be set up for (mDNS, LDAP, nsswitch.conf) is asked.
/// <code>
///   name -> hosts -> candidates (search) -> each server, A and AAAA over UDP -> cut off? the same over TCP
/// </code>
/// </summary>
/// <param name="hosts">Path of the table of names.</param>
/// <param name="settings">Path of the servers' list.</param>
/// <param name="random">For numbers and ports that nobody can guess (RFC 5452, section 4).</param>
/// <param name="time">Measures how long a server takes.</param>
/// <param name="port">Where servers listen.</param>
internal sealed class NameResolver(
    string hosts, string settings, RandomFill random, TimeProvider time, int port = NameResolver.Port)
{
    /// <summary>Addresses of one name at most. Arbitrary.</summary>
    internal const int MaxAddresses = 16;

    private const int Port = 53;

    /// <summary>Lines of a file that are read. Arbitrary, far above any real one.</summary>
    private const int MaxLines = 100_000;

    /// <summary>Datagrams that are no answer, after which a server is given up. Arbitrary.</summary>
    private const int MaxStrays = 32;

    private const int FirstPort = 1024;
    private const int PortTries = 4;

    /// <summary>That of this machine.</summary>
    internal static NameResolver OfMachine { get; } =
        new("/etc/hosts", "/etc/resolv.conf", RandomSource.System, TimeProvider.System);

    /// <summary>
    /// All addresses of a name, those first that something of this machine leads to, IPv6 before IPv4.
    /// </summary>
    /// <exception cref="IOException">It has none, or nobody could tell.</exception>
    internal async ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation)
    {
        if (HostsFile.Find(Lines(hosts), host) is { Length: > 0 } listed)
            return listed;
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return [IPAddress.IPv6Loopback, IPAddress.Loopback];
        NameSettings asked = NameSettings.Read(Lines(settings));
        bool hasFailed = false;
        foreach (string name in asked.Candidates(host))
        {
            (DnsAnswer Answer, List<IPAddress> Found)[] both = await Task.WhenAll(
                AskAllAsync(asked, name, DnsMessage.TypeAaaa, cancellation),
                AskAllAsync(asked, name, DnsMessage.TypeA, cancellation)).ConfigureAwait(false);
            IPAddress[] found = [.. both.SelectMany(static b => b.Found).Distinct().Take(MaxAddresses)];
            if (found.Length > 0)
                return [.. found.OrderBy(static a => !HasRoute(a))];
            hasFailed |= both.Any(static b => b.Answer is DnsAnswer.None or DnsAnswer.Failed);
        }

        throw new IOException(hasFailed
            ? $"{host} cannot be resolved: no name server answers ({string.Join(", ", asked.Servers)}, of {settings})"
            : $"there is no host {host}, neither in {hosts} nor for the name servers "
                + $"({string.Join(", ", asked.Servers)})");
    }

    private static string[] Lines(string path)
    {
        try
        {
            return [.. File.ReadLines(path, System.Text.Encoding.Latin1).Take(MaxLines)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A small system may have neither: as if it were empty.
            return [];
        }
    }

    /// <summary>Asks the servers one after the other until one knows.</summary>
    private async Task<(DnsAnswer Answer, List<IPAddress> Found)> AskAllAsync(
        NameSettings asked, string name, ushort type, CancellationToken cancellation)
    {
        var found = new List<IPAddress>();
        DnsAnswer answer = DnsAnswer.None;
        for (int attempt = 0; attempt < asked.Attempts; attempt++)
        {
            foreach (IPAddress server in asked.Servers)
            {
                byte[] question = DnsMessage.Question(Draw(), name, type);
                answer = await AskAsync(new IPEndPoint(server, port), question, found, asked.Timeout, cancellation)
                    .ConfigureAwait(false);
                if (answer is DnsAnswer.Addresses or DnsAnswer.NoName)
                    return (answer, found);
            }
        }

        return (answer, found);
    }

    private async Task<DnsAnswer> AskAsync(
        IPEndPoint server, byte[] question, List<IPAddress> found, TimeSpan timeout, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(timeout, time);
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            DnsAnswer answer = await OverUdpAsync(server, question, found, either.Token).ConfigureAwait(false);
            return answer == DnsAnswer.Truncated ? await OverTcpAsync(server, question, found, either.Token)
                .ConfigureAwait(false) : answer;
        }
        catch (Exception e) when (e is SocketException
            || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return DnsAnswer.None;
        }
    }

    private async Task<DnsAnswer> OverUdpAsync(
        IPEndPoint server, byte[] question, List<IPAddress> found, CancellationToken cancellation)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        BindAnywhere(socket);
        // A connected socket hears of nobody else.
        await socket.ConnectAsync(server, cancellation).ConfigureAwait(false);
        await socket.SendAsync(question, cancellation).ConfigureAwait(false);
        byte[] buffer = new byte[DnsMessage.MaxDatagram];
        for (int strays = 0; strays < MaxStrays; strays++)
        {
            int length = await socket.ReceiveAsync(buffer, cancellation).ConfigureAwait(false);
            DnsAnswer answer = DnsMessage.Read(buffer.AsSpan(0, length), question, found);
            if (answer != DnsAnswer.None)
                return answer;
            found.Clear();
        }

        return DnsAnswer.None;
    }

    // RFC 1035, section 4.2.2: a message follows its length.
    private static async Task<DnsAnswer> OverTcpAsync(
        IPEndPoint server, byte[] question, List<IPAddress> found, CancellationToken cancellation)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, cancellation).ConfigureAwait(false);
        byte[] request = [(byte)(question.Length >> 8), (byte)question.Length, .. question];
        for (ReadOnlyMemory<byte> rest = request; !rest.IsEmpty;)
            rest = rest[await socket.SendAsync(rest, cancellation).ConfigureAwait(false)..];
        byte[] size = new byte[sizeof(ushort)];
        if (!await TryFillAsync(socket, size, cancellation).ConfigureAwait(false))
            return DnsAnswer.None;
        byte[] message = new byte[BinaryPrimitives.ReadUInt16BigEndian(size)];
        if (!await TryFillAsync(socket, message, cancellation).ConfigureAwait(false))
            return DnsAnswer.None;
        DnsAnswer answer = DnsMessage.Read(message, question, found);
        return answer == DnsAnswer.Truncated ? DnsAnswer.Failed : answer;
    }

    private static async Task<bool> TryFillAsync(Socket socket, Memory<byte> buffer, CancellationToken cancellation)
    {
        while (!buffer.IsEmpty)
        {
            int length = await socket.ReceiveAsync(buffer, cancellation).ConfigureAwait(false);
            if (length == 0)
                return false;
            buffer = buffer[length..];
        }

        return true;
    }

    /// <summary>
    /// Takes a port that nobody can guess; where those that were drawn are taken, one of the system's choice.
    /// </summary>
    private void BindAnywhere(Socket socket)
    {
        IPAddress any = socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;
        for (int i = 0; i < PortTries; i++)
        {
            int local = FirstPort + (Draw() % (ushort.MaxValue + 1 - FirstPort));
            try
            {
                socket.Bind(new IPEndPoint(any, local));
                return;
            }
            catch (SocketException)
            {
                // Taken by another.
            }
        }

        socket.Bind(new IPEndPoint(any, 0));
    }

    private ushort Draw()
    {
        Span<byte> drawn = stackalloc byte[sizeof(ushort)];
        random(drawn);
        return BinaryPrimitives.ReadUInt16BigEndian(drawn);
    }

    /// <summary>Something of this machine leads there: to connect a datagram socket sends nothing.</summary>
    private static bool HasRoute(IPAddress address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(address, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
