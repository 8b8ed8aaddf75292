using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Requests;

// docs/reference/fapp.md, section 3.1:
//
//  number of g(2) Noise_N( SlotReserve(288) )(48 + 288)          338 bytes
//
//  prologue: "qpc-mesh/1 fapp request" author(32) number of g(2)

/// <summary>What only the patient has of a request: its bytes, its id, and the root of its answers.</summary>
/// <param name="Bytes">As they travel; repeats are identical.</param>
/// <param name="Id">Its id.</param>
/// <param name="Root">32 bytes. Secret.</param>
public sealed record MadeRequest(byte[] Bytes, RequestId Id, byte[] Root);

/// <summary>A request as the practice opened it.</summary>
/// <param name="Content">What it says.</param>
/// <param name="Ephemeral">The sender's ephemeral key, 32 bytes: what its puzzle is bound to.</param>
/// <param name="Id">Its id.</param>
/// <param name="Root">32 bytes. Secret.</param>
public sealed record OpenedRequest(SlotReserve Content, byte[] Ephemeral, RequestId Id, byte[] Root);

/// <summary>Requests as they travel to a practice.</summary>
public static class SealedRequest
{
    /// <summary>Its size in bytes, whatever it asks.</summary>
    public const int Size = sizeof(ushort) + AnonymousSeal.Overhead + SlotReserve.Size;

    private const int EphemeralAt = sizeof(ushort);

    private static ReadOnlySpan<byte> Label => "qpc-mesh/1 fapp request"u8;

    private const int PrologueSize = 23 + Ed25519.PublicKeySize + sizeof(ushort);

    /// <summary>Which of the practice's keys it was sealed to.</summary>
    public static ushort KeyNumberOf(ReadOnlySpan<byte> request) => BinaryPrimitives.ReadUInt16BigEndian(request);

    /// <summary>Seals a request to a practice.</summary>
    /// <param name="author">The practice's public key, 32 bytes.</param>
    /// <param name="announce">Its announce: the key, its number and the puzzle's effort.</param>
    /// <param name="content">What it says; the puzzle is solved here.</param>
    /// <param name="random">Source of the ephemeral key.</param>
    public static MadeRequest Create(
        ReadOnlySpan<byte> author, SlotAnnounce announce, SlotReserve content, RandomFill random)
    {
        Span<byte> prologue = stackalloc byte[PrologueSize];
        Prologue(author, announce.RequestKeyNumber, prologue);
        Span<byte> secrets = stackalloc byte[2 * AnonymousSeal.KeySize + SlotReserve.Size];
        Span<byte> ephemeral = secrets[..AnonymousSeal.KeySize],
            secret = secrets.Slice(AnonymousSeal.KeySize, AnonymousSeal.KeySize);
        Span<byte> plain = secrets[(2 * AnonymousSeal.KeySize)..];
        Span<byte> hash = stackalloc byte[AnonymousSeal.KeySize];
        Span<byte> publicKey = stackalloc byte[X25519.PublicKeySize];
        try
        {
            AnonymousSeal.Draw(random, ephemeral, publicKey);
            if (content.Verb == SlotVerb.Reserve && announce.Effort > 0)
                content = content with { Effort = Puzzle.Solve(announce.RequestKey, publicKey, announce.Effort) };
            content.Write(plain);
            byte[] bytes = new byte[Size];
            BinaryPrimitives.WriteUInt16BigEndian(bytes, announce.RequestKeyNumber);
            if (!AnonymousSeal.TrySeal(prologue, announce.RequestKey, ephemeral, plain, bytes.AsSpan(EphemeralAt),
                hash, secret))
                throw new ArgumentException("The practice's key is of small order.", nameof(announce));
            RequestId id = RequestId.Read(hash);
            byte[] root = new byte[AnswerKeys.RootSize];
            AnswerKeys.Root(secret, author, id, root);
            return new MadeRequest(bytes, id, root);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secrets);
        }
    }

    /// <summary>Opens a request; false if it is not for this key, was altered, or says nothing.</summary>
    /// <param name="author">Our public key, 32 bytes.</param>
    /// <param name="requestKey">The announced key, 32 bytes.</param>
    /// <param name="agree">Agrees with its secret.</param>
    /// <param name="request">Any bytes.</param>
    /// <param name="opened">What it says; whoever takes it zeroes its root.</param>
    public static bool TryOpen(
        ReadOnlySpan<byte> author, ReadOnlySpan<byte> requestKey, KeyAgreement agree, ReadOnlySpan<byte> request,
        [NotNullWhen(true)] out OpenedRequest? opened)
    {
        opened = null;
        if (request.Length != Size)
            return false;
        Span<byte> prologue = stackalloc byte[PrologueSize];
        Prologue(author, KeyNumberOf(request), prologue);
        Span<byte> secrets = stackalloc byte[AnonymousSeal.KeySize + SlotReserve.Size];
        Span<byte> secret = secrets[..AnonymousSeal.KeySize], plain = secrets[AnonymousSeal.KeySize..];
        Span<byte> hash = stackalloc byte[AnonymousSeal.KeySize];
        try
        {
            if (!AnonymousSeal.TryOpen(prologue, requestKey, agree, request[EphemeralAt..], plain, hash, secret)
                || SlotReserve.TryRead(plain) is not { } content)
                return false;
            RequestId id = RequestId.Read(hash);
            byte[] root = new byte[AnswerKeys.RootSize];
            AnswerKeys.Root(secret, author, id, root);
            opened = new OpenedRequest(content, request.Slice(EphemeralAt, X25519.PublicKeySize).ToArray(), id, root);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secrets);
        }
    }

    private static void Prologue(ReadOnlySpan<byte> author, ushort number, Span<byte> prologue)
    {
        Label.CopyTo(prologue);
        author.CopyTo(prologue[Label.Length..]);
        BinaryPrimitives.WriteUInt16BigEndian(prologue[^sizeof(ushort)..], number);
    }
}
