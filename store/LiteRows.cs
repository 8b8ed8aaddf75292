using System.Buffers.Binary;
using System.Globalization;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

/// <summary>The id of an MLS-Lite group, 8 bytes (docs/mls-lite.md).</summary>
public readonly record struct LiteGroupId(ulong Value)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = sizeof(ulong);

    /// <summary>
    /// The id where an address is expected, with zeros behind it: the peer of a message to the group. No node has such
    /// an address but by a chance of 2^-64.
    /// </summary>
    public NodeAddress AsPeer => new(Value, 0);

    /// <summary>Reads 8 bytes.</summary>
    public static LiteGroupId Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64BigEndian(bytes));

    /// <summary>Writes 8 bytes.</summary>
    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt64BigEndian(destination, Value);

    /// <summary>16 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x16", CultureInfo.InvariantCulture);
}

/// <summary>How a message was protected on its way.</summary>
public enum MessageSecurity : byte
{
    /// <summary>Sealed to one receiver (docs/protocol.md, section 4.1).</summary>
    Sealed = 0,

    /// <summary>By the keys of an MLS-Lite group: the sender is some member of it.</summary>
    MlsLite = 1,

    /// <summary>By the keys of an MLS-Lite group, with the sender's signature.</summary>
    MlsLiteSigned = 2,
}

/// <summary>One envelope of a message to a group: the one for one member.</summary>
/// <param name="Id">The envelope's id.</param>
/// <param name="Message">The id of the message.</param>
/// <param name="State">What is proven about it.</param>
public readonly record struct LiteCopy(EnvelopeId Id, EnvelopeId Message, MessageState State);

/// <summary>An MLS-Lite envelope that could not be opened yet.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Group">The group it seems to belong to; null if none has its epoch tag.</param>
/// <param name="LifetimeLeft">How long it is kept; whole seconds, rounded up.</param>
/// <param name="Envelope">Header and payload.</param>
public readonly record struct LiteWaiting(EnvelopeId Id, LiteGroupId? Group, TimeSpan LifetimeLeft, ReadOnlyMemory<byte> Envelope);
