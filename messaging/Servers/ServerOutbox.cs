using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <summary>A message that the server does not have for everybody yet.</summary>
/// <param name="message">The message.</param>
/// <param name="secret">Drawn for its names to the server.</param>
/// <param name="at">When it was written.</param>
/// <param name="expires">When it is given up.</param>
internal sealed class ServerOutgoing(EnvelopeId message, EnvelopeId secret, DateTimeOffset at, Instant expires)
{
    /// <summary>The message.</summary>
    internal EnvelopeId Message { get; } = message;

    internal EnvelopeId Secret { get; } = secret;

    internal DateTimeOffset At { get; } = at;

    internal Instant Expires { get; } = expires;

    /// <summary>What it says, while there is no key to seal it with; then empty. Secret.</summary>
    internal byte[] Plain { get; set; } = [];

    /// <summary>The MLS message; empty while there is no key.</summary>
    internal byte[] Sealed { get; set; } = [];

    /// <summary>
    /// The domain of its receivers' server, where their places in the group do not say it: they may have lost them
    /// with it. Else empty.
    /// </summary>
    internal string Domain { get; set; } = "";

    /// <summary>The persons for whom the server has not taken it.</summary>
    internal List<byte[]> Missing { get; } = [];

    internal int Size => Plain.Length + Sealed.Length;
}

/// <summary>
/// What a conversation still has to tell a server, oldest first: messages, and receipts. Bounded in number and bytes.
/// </summary>
internal sealed class ServerOutbox
{
    /// <summary>Messages that wait, at most. Arbitrary.</summary>
    internal const int MaxMessages = 256;

    /// <summary>
    /// Messages that one is read with, at most: proposals to leave, and copies of one commit for other servers, are
    /// added above <see cref="MaxMessages"/>. Each person has one server at most.
    /// </summary>
    internal const int MaxKept = MaxMessages + 64 + (2 * ServerConversations.MaxMembers);

    /// <summary>Bytes of them, at most. Arbitrary: the state of a conversation is written as a whole.</summary>
    internal const int MaxBytes = 1 << 20;

    /// <summary>Receipts that wait, at most; those that find no room are not sent. Arbitrary.</summary>
    internal const int MaxReceipts = 1024;

    private readonly List<ServerOutgoing> _messages = [];
    private readonly List<(byte[] To, EnvelopeId Message)> _receipts = [];

    /// <summary>Messages, the oldest first.</summary>
    internal IReadOnlyList<ServerOutgoing> Messages => _messages;

    /// <summary>Receipts: for which device, and for which message.</summary>
    internal IReadOnlyList<(byte[] To, EnvelopeId Message)> Receipts => _receipts;

    /// <summary>When the first message is given up.</summary>
    internal Instant NextExpiry => _messages.Count == 0 ? Instant.Never : _messages.Min(m => m.Expires);

    internal bool HasRoomFor(int bytes) =>
        _messages.Count < MaxMessages && _messages.Sum(m => m.Size) + bytes <= MaxBytes;

    internal void Add(ServerOutgoing message) => _messages.Add(message);

    internal ServerOutgoing? Find(in EnvelopeId message)
    {
        foreach (ServerOutgoing one in _messages)
        {
            if (one.Message == message)
                return one;
        }

        return null;
    }

    internal void Remove(ServerOutgoing message) => _messages.Remove(message);

    internal void AddReceipt(byte[] to, in EnvelopeId message)
    {
        if (_receipts.Count < MaxReceipts)
            _receipts.Add((to, message));
    }

    internal void RemoveReceipts(IReadOnlyList<(byte[] To, EnvelopeId Message)> receipts)
    {
        for (int i = _receipts.Count - 1; i >= 0; i--)
        {
            (byte[] to, EnvelopeId message) = _receipts[i];
            if (receipts.Any(r => r.Message == message && r.To.AsSpan().SequenceEqual(to)))
                _receipts.RemoveAt(i);
        }
    }

    /// <summary>Messages that go to somebody next; those behind one that has no key yet wait for it.</summary>
    internal List<ServerOutgoing> Next(ReadOnlySpan<byte> to, int count, int bytes)
    {
        List<ServerOutgoing> next = [];
        int size = 0;
        foreach (ServerOutgoing message in _messages)
        {
            if (message.Sealed.Length == 0 || next.Count == count || (next.Count > 0 && size + message.Size > bytes))
                break;
            if (!Contains(message.Missing, to))
                continue;
            next.Add(message);
            size += message.Size;
        }

        return next;
    }

    /// <summary>Everybody whom something waits for.</summary>
    /// <param name="personOf">Whose a device is: receipts are for devices, and lie in the inboxes of persons.</param>
    internal IEnumerable<byte[]> Receivers(Func<byte[], byte[]> personOf) =>
        _messages.Where(m => m.Sealed.Length > 0).SelectMany(m => m.Missing)
            .Concat(_receipts.Select(r => personOf(r.To))).DistinctBy(Convert.ToHexString);

    internal static bool Contains(List<byte[]> keys, ReadOnlySpan<byte> key)
    {
        foreach (byte[] one in keys)
        {
            if (key.SequenceEqual(one))
                return true;
        }

        return false;
    }

    // messages 2 { message 16, secret 16, Unix ms 8, ticks left 8, block plain, block sealed, keys 1 { 32 } }
    // receipts 2 { key 32, message 16 }
    internal void Save(FrameWriter writer, Instant now)
    {
        writer.UInt16((ushort)_messages.Count);
        foreach (ServerOutgoing message in _messages)
        {
            message.Message.Write(writer.Take(EnvelopeId.Size));
            message.Secret.Write(writer.Take(EnvelopeId.Size));
            writer.UInt64((ulong)Math.Max(0, message.At.ToUnixTimeMilliseconds()));
            writer.UInt64((ulong)Math.Max(0, (message.Expires - now).Ticks));
            writer.Block(message.Plain);
            writer.Block(message.Sealed);
            WriteKeys(writer, message.Missing);
        }

        writer.UInt16((ushort)_receipts.Count);
        foreach ((byte[] to, EnvelopeId message) in _receipts)
        {
            writer.Raw(to);
            message.Write(writer.Take(EnvelopeId.Size));
        }
    }

    internal static bool TryLoad(ref FrameReader reader, Instant now, out ServerOutbox outbox)
    {
        outbox = new ServerOutbox();
        if (!reader.TryUInt16(out ushort messages) || messages > MaxKept)
            return false;
        for (int i = 0; i < messages; i++)
        {
            if (!reader.TryTake(EnvelopeId.Size, out ReadOnlySpan<byte> id)
                || !reader.TryTake(EnvelopeId.Size, out ReadOnlySpan<byte> secret) || !reader.TryUInt64(out ulong at)
                || at > (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() || !reader.TryUInt64(out ulong left)
                || left > (ulong)TimeSpan.MaxValue.Ticks || !reader.TryBlock(MaxBytes, out ReadOnlySpan<byte> plain)
                || !reader.TryBlock(MaxBytes, out ReadOnlySpan<byte> encrypted))
                return false;
            var message = new ServerOutgoing(
                EnvelopeId.Read(id), EnvelopeId.Read(secret), DateTimeOffset.FromUnixTimeMilliseconds((long)at),
                now + new TimeSpan((long)left))
            {
                Plain = plain.ToArray(),
                Sealed = encrypted.ToArray(),
            };
            if (!TryReadKeys(ref reader, message.Missing))
                return false;
            outbox._messages.Add(message);
        }

        if (!reader.TryUInt16(out ushort receipts) || receipts > MaxReceipts)
            return false;
        for (int i = 0; i < receipts; i++)
        {
            if (!reader.TryTake(Ed25519.PublicKeySize, out ReadOnlySpan<byte> to)
                || !reader.TryTake(EnvelopeId.Size, out ReadOnlySpan<byte> id))
                return false;
            outbox._receipts.Add((to.ToArray(), EnvelopeId.Read(id)));
        }

        return true;
    }

    // size 1, domain for each message
    internal void SaveDomains(FrameWriter writer)
    {
        foreach (ServerOutgoing message in _messages)
            ServerAccount.WriteText(writer, message.Domain);
    }

    internal bool TryLoadDomains(ref FrameReader reader)
    {
        foreach (ServerOutgoing message in _messages)
        {
            if (!ServerAccount.TryReadText(ref reader, out string domain)
                || (domain.Length > 0 && !ServerNames.IsServer(domain)))
                return false;
            message.Domain = domain;
        }

        return true;
    }

    internal static void WriteKeys(FrameWriter writer, IReadOnlyCollection<byte[]> keys)
    {
        writer.Byte((byte)keys.Count);
        foreach (byte[] key in keys)
            writer.Raw(key);
    }

    internal static bool TryReadKeys(ref FrameReader reader, List<byte[]> keys)
    {
        if (!reader.TryByte(out byte count))
            return false;
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryTake(Ed25519.PublicKeySize, out ReadOnlySpan<byte> key))
                return false;
            keys.Add(key.ToArray());
        }

        return true;
    }
}
