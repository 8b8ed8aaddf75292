using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.MlsLite;

// docs/reference/mls-lite.md, section 5: qpc-lite:<base64url of>
//
// version 1 | cipher 1 | groupId 8 | epoch 4 | secret 32 | index 1 | inviterIndex 1 | inviterKey 32 | name 0..20 |
// check 4
//
// check: first 4 bytes of SHA-256 of everything before it; a mistyped URI is told from a wrong one.

/// <summary>
/// An invitation to a group, for one person: it holds the secret of an epoch that begins with it. Whoever reads it can
/// read that epoch; hand it over in person (QR code) or through a conversation that is already encrypted.
/// </summary>
public sealed class LiteInvitation : IDisposable
{
    private const string Scheme = "qpc-lite:";
    private const byte Version = 1;
    private const int KeySize = 32;
    private const int FixedSize = 2 + LiteConstants.GroupIdSize + 4 + LiteConstants.SecretSize + 2 + KeySize;
    private const int CheckSize = 4;

    /// <summary>Longest group name in bytes of UTF-8.</summary>
    public const int MaxNameSize = 20;

    internal LiteInvitation(
        LiteCipher cipher, LiteGroupId groupId, uint epoch, byte[] secret, int index, int inviterIndex,
        byte[] inviterKey, string name)
    {
        Cipher = cipher;
        GroupId = groupId;
        Epoch = epoch;
        Secret = secret;
        Index = index;
        InviterIndex = inviterIndex;
        InviterKey = inviterKey;
        Name = name;
    }

    /// <summary>How the group protects its messages.</summary>
    public LiteCipher Cipher { get; }

    /// <summary>The group.</summary>
    public LiteGroupId GroupId { get; }

    /// <summary>The epoch that the secret opens.</summary>
    public uint Epoch { get; }

    /// <summary>The index that the invited member sends under.</summary>
    public int Index { get; }

    /// <summary>The index of the member that invites.</summary>
    public int InviterIndex { get; }

    /// <summary>The Ed25519 public key of the member that invites; the first Hello goes there.</summary>
    public ReadOnlyMemory<byte> InviterKey { get; }

    /// <summary>The group's name.</summary>
    public string Name { get; }

    internal byte[] Secret { get; }

    /// <summary>Writes the URI. It is a secret: show it to the person invited and to nobody else.</summary>
    public string ToUri()
    {
        byte[] name = Encoding.UTF8.GetBytes(Name);
        byte[] bytes = new byte[FixedSize + name.Length + CheckSize];
        bytes[0] = Version;
        bytes[1] = (byte)Cipher;
        GroupId.Write(bytes.AsSpan(2));
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(10), Epoch);
        Secret.CopyTo(bytes.AsSpan(14));
        bytes[46] = (byte)Index;
        bytes[47] = (byte)InviterIndex;
        InviterKey.Span.CopyTo(bytes.AsSpan(48));
        name.CopyTo(bytes.AsSpan(FixedSize));
        WriteCheck(bytes.AsSpan(0, FixedSize + name.Length), bytes.AsSpan(FixedSize + name.Length));
        string uri = Scheme + Base64Url.EncodeToString(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return uri;
    }

    /// <summary>Reads a URI; the error is a sentence for the person who typed it.</summary>
    public static bool TryParse(
        string uri, [NotNullWhen(true)] out LiteInvitation? invitation, [NotNullWhen(false)] out string? error)
    {
        invitation = null;
        error = "This is not an invitation: it begins with 'qpc-lite:' and has no spaces.";
        uri = uri.Trim();
        if (!uri.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || uri.Length > 256)
            return false;
        ReadOnlySpan<char> text = uri.AsSpan(Scheme.Length);
        if (!Base64Url.IsValid(text))
            return false;
        byte[] bytes = Base64Url.DecodeFromChars(text);
        try
        {
            return TryRead(bytes, out invitation, out error);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => CryptographicOperations.ZeroMemory(Secret);

    private static bool TryRead(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out LiteInvitation? invitation,
        [NotNullWhen(false)] out string? error)
    {
        invitation = null;
        error = "The invitation is incomplete: copy it whole.";
        int nameSize = bytes.Length - FixedSize - CheckSize;
        if (nameSize < 0)
            return false;
        Span<byte> check = stackalloc byte[CheckSize];
        WriteCheck(bytes[..^CheckSize], check);
        if (!check.SequenceEqual(bytes[^CheckSize..]))
        {
            error = "The invitation has a typing mistake or is incomplete: its checksum does not match.";
            return false;
        }

        if (bytes[0] != Version || bytes[1] > (int)LiteCipher.AesCcm8 || nameSize > MaxNameSize
            || bytes[46] >= LiteConstants.MaxMembers || bytes[47] >= LiteConstants.MaxMembers || bytes[46] == bytes[47]
            || !System.Text.Unicode.Utf8.IsValid(bytes.Slice(FixedSize, nameSize)))
        {
            error = "The invitation was made by a version of the program that this one does not understand.";
            return false;
        }

        uint epoch = BinaryPrimitives.ReadUInt32BigEndian(bytes[10..]);
        if (epoch > LiteConstants.MaxEpoch || !Ed25519.IsValidPublicKey(bytes.Slice(48, KeySize))
            || !DisplayName.IsVisible(bytes.Slice(FixedSize, nameSize), MaxNameSize))
        {
            error = "The invitation is not an honest one: its key, its epoch or its name is one that no program makes.";
            return false;
        }

        invitation = new LiteInvitation(
            (LiteCipher)bytes[1], LiteGroupId.Read(bytes[2..]), epoch,
            bytes.Slice(14, LiteConstants.SecretSize).ToArray(),
            bytes[46], bytes[47], bytes.Slice(48, KeySize).ToArray(),
            Encoding.UTF8.GetString(bytes.Slice(FixedSize, nameSize)));
        error = null;
        return true;
    }

    private static void WriteCheck(ReadOnlySpan<byte> bytes, Span<byte> check)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, digest);
        digest[..CheckSize].CopyTo(check);
    }
}
