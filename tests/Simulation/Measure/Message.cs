using System.Buffers.Binary;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>A message of the workload and what became of it.</summary>
public sealed class Message(int number, int source, int destination, Instant sentAt, bool pathExisted)
{
    /// <summary>Sealed payload of a text of 60 bytes: 96 of overhead, 5 of content header.</summary>
    public const int PayloadSize = 161;

    /// <summary>Size of the proof that the receipt carries.</summary>
    public const int ProofSize = 24;

    /// <summary>Its number.</summary>
    public int Number { get; } = number;

    /// <summary>Who sent it.</summary>
    public int Source { get; } = source;

    /// <summary>Who is to get it.</summary>
    public int Destination { get; } = destination;

    /// <summary>When it was sent.</summary>
    public Instant SentAt { get; } = sentAt;

    /// <summary>Some path over running nodes joined both when it was sent.</summary>
    public bool PathExisted { get; } = pathExisted;

    /// <summary>When it arrived first; never, while it has not.</summary>
    public Instant ArrivedAt { get; set; } = Instant.Never;

    /// <summary>How often the receiver's user got it: more than once is a fault.</summary>
    public int Shown { get; set; }

    /// <summary>How often the receiver's router offered it to its host.</summary>
    public int Offered { get; set; }

    /// <summary>What the sender knows.</summary>
    public MessageState State { get; set; } = MessageState.Queued;

    /// <summary>When the sender knew that it was delivered.</summary>
    public Instant ProvenAt { get; set; } = Instant.Never;

    /// <summary>The payload: numbers in front, the rest as random as something sealed.</summary>
    public void WritePayload(Span<byte> payload)
    {
        BinaryPrimitives.WriteInt32BigEndian(payload, Number);
        BinaryPrimitives.WriteInt32BigEndian(payload[sizeof(int)..], Source);
        new Random(Number).NextBytes(payload[(2 * sizeof(int))..]);
    }

    /// <summary>The number in a payload.</summary>
    public static int NumberIn(ReadOnlySpan<byte> payload) => BinaryPrimitives.ReadInt32BigEndian(payload);

    /// <summary>What only the receiver can know once it has opened the message.</summary>
    public static void WriteProof(int number, Span<byte> proof) => new Random(~number).NextBytes(proof[..ProofSize]);
}
