using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Requests;

/// <summary>
/// A puzzle that dampens floods (docs/reference/fapp.md, section 3.2): SHA-256 over a label, the practice's key, the
/// request's ephemeral key and the solution begins with as many zero bits as the announce asks for. More count nothing.
/// </summary>
public static class Puzzle
{
    private const int Size = 22 + X25519.PublicKeySize + X25519.PublicKeySize + sizeof(ulong);

    private static ReadOnlySpan<byte> Label => "qpc-mesh/1 fapp effort"u8;

    /// <summary>Finds a solution, by trying: 2^effort hashes on average.</summary>
    public static ulong Solve(ReadOnlySpan<byte> requestKey, ReadOnlySpan<byte> ephemeral, int effort)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(effort, SlotAnnounce.MaxEffort);
        for (ulong solution = 1; ; solution++)
        {
            if (IsSolved(requestKey, ephemeral, effort, solution))
                return solution;
        }
    }

    /// <summary>Whether a solution is one. One hash.</summary>
    public static bool IsSolved(ReadOnlySpan<byte> requestKey, ReadOnlySpan<byte> ephemeral, int effort, ulong solution)
    {
        if (effort == 0)
            return true;
        Span<byte> message = stackalloc byte[Size];
        Label.CopyTo(message);
        requestKey.CopyTo(message[Label.Length..]);
        ephemeral.CopyTo(message[(Label.Length + X25519.PublicKeySize)..]);
        BinaryPrimitives.WriteUInt64BigEndian(message[^sizeof(ulong)..], solution);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(message, digest);
        return BitOperations.LeadingZeroCount(BinaryPrimitives.ReadUInt32BigEndian(digest)) >= effort;
    }
}
