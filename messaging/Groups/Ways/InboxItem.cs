using System.Diagnostics.CodeAnalysis;
using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups.Ways;

// number 8 | server size 1, name | receiver's key 32 | envelope 16 | name 16 | Unix ms 8 | lifetime s 4 | carried 1
//   | payload
//
/// <summary>An envelope that waits for a server.</summary>
/// <param name="Number">Its place in the order.</param>
/// <param name="Server">The server.</param>
/// <param name="Key">The receiver's Ed25519 key, 32 bytes.</param>
/// <param name="Envelope">The envelope's id.</param>
/// <param name="Name">What it is called to the server: the same each time that it is sent.</param>
/// <param name="At">When it was made.</param>
/// <param name="Lifetime">How long it may take, and how long the server keeps it; whole seconds.</param>
/// <param name="IsCarried">It is another member's.</param>
/// <param name="Payload">What lies in the inbox.</param>
internal sealed record InboxItem(
    ulong Number, string Server, byte[] Key, EnvelopeId Envelope, EnvelopeId Name, DateTimeOffset At,
    TimeSpan Lifetime, bool IsCarried, byte[] Payload)
{
    /// <summary>The inbox that it is for.</summary>
    internal InboxPlace Place { get; } = new(Server, NodeAddress.Of(Key));

    /// <summary>When it is given up; set when it is made or loaded.</summary>
    internal Instant Expires { get; init; }

    /// <summary>What counts against the room.</summary>
    internal int Size => Payload.Length;

    internal byte[] ToBytes()
    {
        var writer = new FrameWriter();
        writer.UInt64(Number);
        writer.Byte((byte)Server.Length);
        writer.Raw(Encoding.ASCII.GetBytes(Server));
        writer.Raw(Key);
        Envelope.Write(writer.Take(EnvelopeId.Size));
        Name.Write(writer.Take(EnvelopeId.Size));
        writer.UInt64((ulong)Math.Max(0, At.ToUnixTimeMilliseconds()));
        writer.UInt32((uint)Lifetime.TotalSeconds);
        writer.Byte(IsCarried ? (byte)1 : (byte)0);
        writer.Raw(Payload);
        return writer.ToArray();
    }

    /// <summary>Reads one; false if it is none.</summary>
    internal static bool TryRead(
        ReadOnlySpan<byte> bytes, Instant now, DateTimeOffset date, [NotNullWhen(true)] out InboxItem? item)
    {
        item = null;
        var reader = new FrameReader(bytes);
        if (!reader.TryUInt64(out ulong number) || !reader.TryByte(out byte size)
            || !reader.TryTake(size, out ReadOnlySpan<byte> server)
            || !reader.TryTake(Ed25519.PublicKeySize, out ReadOnlySpan<byte> key)
            || !reader.TryTake(EnvelopeId.Size, out ReadOnlySpan<byte> envelope)
            || !reader.TryTake(EnvelopeId.Size, out ReadOnlySpan<byte> name) || !reader.TryUInt64(out ulong at)
            || at > (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() || !reader.TryUInt32(out uint lifetime)
            || !reader.TryByte(out byte carried) || carried > 1 || !Ascii.IsValid(server)
            || !InboxEnvelope.IsOne(bytes[^reader.Left..])
            || !reader.TryTake(reader.Left, out ReadOnlySpan<byte> payload))
            return false;
        var made = DateTimeOffset.FromUnixTimeMilliseconds((long)at);
        var lasts = TimeSpan.FromSeconds(lifetime);
        // A calendar that was set back makes it last no longer.
        TimeSpan age = date - made;
        item = new InboxItem(
            number, Encoding.ASCII.GetString(server), key.ToArray(), EnvelopeId.Read(envelope), EnvelopeId.Read(name),
            made, lasts, carried != 0, payload.ToArray())
        {
            Expires = now + (age < TimeSpan.Zero ? lasts : age > lasts ? TimeSpan.Zero : lasts - age),
        };
        return true;
    }
}

/// <summary>An inbox on a server.</summary>
/// <param name="Server">The server.</param>
/// <param name="Owner">Whose it is.</param>
internal readonly record struct InboxPlace(string Server, NodeAddress Owner);
