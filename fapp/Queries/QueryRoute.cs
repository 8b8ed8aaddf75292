using System.Buffers.Binary;
using QuicProChat.Mesh.Fapp.Requests;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Queries;

// docs/reference/fapp.md, section 3.5: the payload of an envelope of kind 5
//
//  to a forwarder:  3  Noise_N( asker(16) relay(16) query(176) )     257 bytes
//  to a relay:      4  forwarder(16) token(8) query(176)             201 bytes
//  to a forwarder:  5  token(8) answer                               1,077, 2,101 or 4,149 bytes
//  to the asker:    6  answer                                        1,069, 2,093 or 4,141 bytes

/// <summary>
/// How a query goes to a relay and its answer comes back: the forwarder knows who asks, the relay what is asked.
/// </summary>
public static class QueryRoute
{
    /// <summary>Size of the payload to a forwarder in bytes.</summary>
    public const int AskSize = PayloadSeal.Overhead + ContentSize;

    /// <summary>Size of the payload to a relay in bytes.</summary>
    public const int QuerySize = QueryAt + SealedQuery.Size;

    private const int ContentSize = 2 * NodeAddress.Size + SealedQuery.Size;
    private const int TokenAt = 1 + NodeAddress.Size;
    private const int QueryAt = TokenAt + sizeof(ulong);
    private const int AnswerAt = 1 + sizeof(ulong);

    private static ReadOnlySpan<byte> Prologue => "qpc-mesh/1 fapp ask"u8;

    /// <summary>Whether a payload has the size of one of these four.</summary>
    public static bool IsSize(int size) =>
        size is AskSize or QuerySize || SealedQuery.IsAnswerSize(size - 1) || SealedQuery.IsAnswerSize(size - AnswerAt);

    /// <summary>Wraps a query for a forwarder; null if its key is no proper one.</summary>
    /// <param name="forwarder">The forwarder's Ed25519 public key, 32 bytes.</param>
    /// <param name="asker">Where the answer goes.</param>
    /// <param name="relay">Where the query goes.</param>
    /// <param name="query"><see cref="SealedQuery.Size"/> bytes.</param>
    /// <param name="random">Source of the ephemeral key.</param>
    public static byte[]? Wrap(
        ReadOnlySpan<byte> forwarder, in NodeAddress asker, in NodeAddress relay, ReadOnlySpan<byte> query,
            RandomFill random)
    {
        Span<byte> content = stackalloc byte[ContentSize];
        asker.Write(content);
        relay.Write(content[NodeAddress.Size..]);
        query.CopyTo(content[(2 * NodeAddress.Size)..]);
        return PayloadSeal.TrySeal(FappPayload.Ask, Prologue, forwarder, content, random);
    }

    /// <summary>Opens what came for this node to forward; false if it was not sealed to it.</summary>
    public static bool TryUnwrap(
        LocalIdentity identity, ReadOnlySpan<byte> payload, out NodeAddress asker, out NodeAddress relay,
            out byte[] query)
    {
        (asker, relay, query) = (default, default, []);
        Span<byte> content = stackalloc byte[ContentSize];
        if (!PayloadSeal.TryOpen(FappPayload.Ask, Prologue, identity, payload, content))
            return false;
        asker = NodeAddress.Read(content);
        relay = NodeAddress.Read(content[NodeAddress.Size..]);
        query = content[(2 * NodeAddress.Size)..].ToArray();
        return true;
    }

    /// <summary>The payload to a relay.</summary>
    public static byte[] ToRelay(in NodeAddress forwarder, ulong token, ReadOnlySpan<byte> query)
    {
        byte[] payload = new byte[QuerySize];
        payload[0] = (byte)FappPayload.Query;
        forwarder.Write(payload.AsSpan(1));
        BinaryPrimitives.WriteUInt64BigEndian(payload.AsSpan(TokenAt), token);
        query.CopyTo(payload.AsSpan(QueryAt));
        return payload;
    }

    /// <summary>Reads what came to a relay; false for another size.</summary>
    public static bool TryReadQuery(ReadOnlySpan<byte> payload, out NodeAddress forwarder, out ulong token,
        out ReadOnlySpan<byte> query)
    {
        (forwarder, token) = (default, 0);
        query = default;
        if (payload.Length != QuerySize || payload[0] != (byte)FappPayload.Query)
            return false;
        forwarder = NodeAddress.Read(payload[1..]);
        token = BinaryPrimitives.ReadUInt64BigEndian(payload[TokenAt..]);
        query = payload[QueryAt..];
        return true;
    }

    /// <summary>The payload with an answer for a forwarder.</summary>
    public static byte[] ToForwarder(ulong token, ReadOnlySpan<byte> answer)
    {
        byte[] payload = new byte[AnswerAt + answer.Length];
        payload[0] = (byte)FappPayload.AnswerToForward;
        BinaryPrimitives.WriteUInt64BigEndian(payload.AsSpan(1), token);
        answer.CopyTo(payload.AsSpan(AnswerAt));
        return payload;
    }

    /// <summary>Reads an answer that came to a forwarder; false for another size.</summary>
    public static bool TryReadAnswer(ReadOnlySpan<byte> payload, out ulong token, out ReadOnlySpan<byte> answer)
    {
        token = 0;
        answer = default;
        if (payload.Length < AnswerAt || payload[0] != (byte)FappPayload.AnswerToForward
            || !SealedQuery.IsAnswerSize(payload.Length - AnswerAt))
            return false;
        token = BinaryPrimitives.ReadUInt64BigEndian(payload[1..]);
        answer = payload[AnswerAt..];
        return true;
    }
}
