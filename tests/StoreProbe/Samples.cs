using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store.Probe;

/// <summary>Rows that follow from a number, so that another process knows what to look for.</summary>
public static class Samples
{
    /// <summary>The storage key of every test store.</summary>
    public static readonly byte[] Key =
        Convert.FromHexString("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");

    public static readonly DateTimeOffset Start = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    // Odd multipliers permute 64 bits, so ids differ and come in no order, as hashes do.
    public static EnvelopeId Id(int number) =>
        new((ulong)(number + 1) * 0x9E3779B97F4A7C15, (ulong)number * 0xBF58476D1CE4E5B9);

    public static NodeAddress Address(int number) => new((ulong)(number + 1) * 0x94D049BB133111EB, (ulong)number);

    /// <summary>A group with an id of 8 bytes.</summary>
    public static ConversationId Conversation(int number) =>
        new(EnvelopeKind.MlsLite, BitConverter.GetBytes((ulong)(number + 1) * 0xD6E8FEB86659FD93));

    public static StoredMessage Message(int number, MessageState state = MessageState.Queued, int textLength = 100) =>
        new(
        Id(number), Outgoing: state != MessageState.Received, Address(number % 10),
        $"message {number} ".PadRight(textLength, 'ß'), state, Reason: (byte)(number % 9), Hops: 0,
        (Priority)(number % 4), Start.AddSeconds(number), Start.AddSeconds(number));

    public static byte[] Envelope(int number, int payload = 200)
    {
        byte[] bytes = new byte[EnvelopeHeader.Size + payload];
        new Random(number).NextBytes(bytes);
        new EnvelopeHeader(EnvelopeKind.Sealed, (Priority)(number % 4), true, 0, 32, 8640, Address(number % 10))
            .Write(bytes);
        return bytes;
    }

    public static Holding Holding(int number, bool originated = true) => new(
        Address(number), originated, TimeSpan.FromHours(24),
        originated ? Enumerable.Repeat((byte)number, Receipt.ProofSize).ToArray() : default(ReadOnlyMemory<byte>));
}
