using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Requests;

// docs/reference/fapp.md, section 3.4: the payload of an envelope of kind 5
//
//  to a forwarder:  1  Noise_N( what(1) destination(16) request(338) )        404 bytes      what: 1 pass on, 2 dummy
//  to a practice:   2  request(338)                                           339 bytes

/// <summary>What an envelope of the appointments carries: its first byte.</summary>
public enum FappPayload : byte
{
    /// <summary>Something to pass on, sealed to the forwarder.</summary>
    Forward = 1,

    /// <summary>A request, sealed to a practice.</summary>
    Request = 2,

    /// <summary>A query to pass on, sealed to the forwarder.</summary>
    Ask = 3,

    /// <summary>A query, sealed to a relay.</summary>
    Query = 4,

    /// <summary>The answer to a query, for the forwarder.</summary>
    AnswerToForward = 5,

    /// <summary>The answer to a query, for whoever asked.</summary>
    Answer = 6,
}

/// <summary>
/// Requests as they travel to a forwarder, who learns where they go, and neither from whom nor what for.
/// </summary>
public static class ForwardedRequest
{
    /// <summary>Size of the payload to a forwarder in bytes, dummies included.</summary>
    public const int Size = PayloadSeal.Overhead + ContentSize;

    /// <summary>Size of the payload to a practice in bytes.</summary>
    public const int PassedOnSize = 1 + SealedRequest.Size;

    private const int ContentSize = 1 + NodeAddress.Size + SealedRequest.Size;
    private const byte PassOn = 1;
    private const byte Dummy = 2;

    private static ReadOnlySpan<byte> Prologue => "qpc-mesh/1 fapp forward"u8;

    /// <summary>Wraps a request for a forwarder; null if its key is no proper one.</summary>
    /// <param name="forwarder">The forwarder's Ed25519 public key, 32 bytes.</param>
    /// <param name="practice">Where it goes.</param>
    /// <param name="request"><see cref="SealedRequest.Size"/> bytes.</param>
    /// <param name="random">Source of the ephemeral key.</param>
    public static byte[]? Wrap(
        ReadOnlySpan<byte> forwarder, in NodeAddress practice, ReadOnlySpan<byte> request, RandomFill random)
    {
        byte[] content = new byte[ContentSize];
        content[0] = PassOn;
        practice.Write(content.AsSpan(1));
        request.CopyTo(content.AsSpan(1 + NodeAddress.Size));
        return Seal(forwarder, content, random);
    }

    /// <summary>Makes a dummy for a forwarder, which drops it; null if its key is no proper one.</summary>
    public static byte[]? MakeDummy(ReadOnlySpan<byte> forwarder, RandomFill random)
    {
        byte[] content = new byte[ContentSize];
        content[0] = Dummy;
        return Seal(forwarder, content, random);
    }

    /// <summary>
    /// Makes a request for a slot that nobody offers, for a practice; it ignores it, and nobody else can tell.
    /// </summary>
    /// <param name="author">The practice's public key, 32 bytes.</param>
    /// <param name="announce">Its announce.</param>
    /// <param name="random">Source of the slot and of the ephemeral key.</param>
    public static byte[] MakeDecoy(ReadOnlySpan<byte> author, SlotAnnounce announce, RandomFill random)
    {
        Span<byte> slot = stackalloc byte[SlotId.Size];
        random(slot);
        var content = new SlotReserve
        {
            Verb = SlotVerb.Reserve,
            Slot = new SlotId(BinaryPrimitives.ReadUInt32BigEndian(slot))
        };
        MadeRequest made = SealedRequest.Create(author, announce with { Effort = 0 }, content, random);
        CryptographicOperations.ZeroMemory(made.Root);
        return [(byte)FappPayload.Request, .. made.Bytes];
    }

    /// <summary>Opens what came for this node to forward.</summary>
    /// <param name="identity">Ours.</param>
    /// <param name="payload">The envelope's payload.</param>
    /// <param name="practice">Where it goes.</param>
    /// <param name="passedOn">The payload to send there; null for a dummy.</param>
    /// <returns>False if it was not sealed to this node, or says neither.</returns>
    public static bool TryUnwrap(
        LocalIdentity identity, ReadOnlySpan<byte> payload, out NodeAddress practice, out byte[]? passedOn)
    {
        practice = default;
        passedOn = null;
        Span<byte> content = stackalloc byte[ContentSize];
        if (!PayloadSeal.TryOpen(FappPayload.Forward, Prologue, identity, payload, content)
            || content[0] is not (PassOn or Dummy))
            return false;
        if (content[0] == Dummy)
            return true;
        practice = NodeAddress.Read(content[1..]);
        passedOn = [(byte)FappPayload.Request, .. content[(1 + NodeAddress.Size)..]];
        return true;
    }

    private static byte[]? Seal(ReadOnlySpan<byte> forwarder, ReadOnlySpan<byte> content, RandomFill random) =>
        PayloadSeal.TrySeal(FappPayload.Forward, Prologue, forwarder, content, random);
}
