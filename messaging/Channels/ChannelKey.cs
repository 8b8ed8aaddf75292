using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Channels;

// docs/reference/channels.md, section 2; base64url behind "qpc-channel:":
//
//  version(1) key(32) name(0..20) check(4)        check: first 4 bytes of SHA-256 over what is before it

/// <summary>The key of a channel: whoever has it reads and writes.</summary>
public sealed class ChannelKey : IDisposable
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 32;

    /// <summary>Longest name in bytes of UTF-8.</summary>
    public const int MaxNameSize = 20;

    private const string Scheme = "qpc-channel:";
    private const byte Version = 1;
    private const int CheckSize = 4;
    private const int MaxUri = 128;

    private readonly byte[] _key;
    private readonly byte[] _message = new byte[HmacSha256.MacSize];
    private readonly byte[] _nonce = new byte[HmacSha256.MacSize];

    /// <summary>Takes a key; the caller zeroes what it gave.</summary>
    /// <param name="key">32 bytes.</param>
    public ChannelKey(ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, Size);
        _key = key.ToArray();
        Span<byte> id = stackalloc byte[HmacSha256.MacSize];
        HmacSha256.Compute(_key, "qpc-mesh/1 channel id"u8, id);
        HmacSha256.Compute(_key, "qpc-mesh/1 channel message"u8, _message);
        HmacSha256.Compute(_key, "qpc-mesh/1 channel nonce"u8, _nonce);
        Id = new ConversationId(EnvelopeKind.Channel, id[..ConversationId.MaxSize]);
    }

    /// <summary>Names the channel; it tells nothing about the key.</summary>
    public ConversationId Id { get; }

    /// <summary>The key itself. Secret.</summary>
    public ReadOnlySpan<byte> Bytes => _key;

    /// <summary>Encrypts messages. Secret.</summary>
    internal ReadOnlySpan<byte> MessageKey => _message;

    /// <summary>Makes nonces. Secret.</summary>
    internal ReadOnlySpan<byte> NonceKey => _nonce;

    /// <summary>Draws a key.</summary>
    public static ChannelKey Draw(RandomFill random)
    {
        Span<byte> key = stackalloc byte[Size];
        random(key);
        var drawn = new ChannelKey(key);
        CryptographicOperations.ZeroMemory(key);
        return drawn;
    }

    /// <summary>
    /// The key of a public channel: Argon2id of a passphrase, with a salt that follows from the name, so that all who
    /// know both have the same. Takes 32 MiB of memory and a while.
    /// </summary>
    /// <exception cref="InsufficientMemoryException">The memory cannot be had.</exception>
    public static ChannelKey OfPassphrase(string name, string passphrase)
    {
        Span<byte> salt = stackalloc byte[SHA256.HashSizeInBytes], key = stackalloc byte[Size];
        SHA256.HashData([.. "qpc-mesh/1 channel passphrase "u8, .. Encoding.UTF8.GetBytes(name)], salt);
        byte[] secret = Encoding.UTF8.GetBytes(passphrase);
        Argon2id.Derive(secret, salt[..Argon2id.SaltSize], Argon2Cost.Default, key);
        var derived = new ChannelKey(key);
        CryptographicOperations.ZeroMemory(secret);
        CryptographicOperations.ZeroMemory(key);
        return derived;
    }

    /// <summary>The topic of its records in a period.</summary>
    public GossipTopic TopicOf(ushort period)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)], mac = stackalloc byte[HmacSha256.MacSize];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, period);
        HmacSha256.Compute(_key, bytes, mac);
        return GossipTopic.Read(mac);
    }

    /// <summary>The URI that lets others in. It is the key.</summary>
    public string ToUri(string name)
    {
        byte[] label = Encoding.UTF8.GetBytes(name);
        byte[] bytes = new byte[1 + Size + label.Length + CheckSize];
        bytes[0] = Version;
        _key.CopyTo(bytes, 1);
        label.CopyTo(bytes, 1 + Size);
        Check(bytes.AsSpan(..^CheckSize), bytes.AsSpan(^CheckSize..));
        string uri = Scheme + Base64Url.EncodeToString(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return uri;
    }

    /// <summary>Reads a URI; false, and what is wrong, if it is none.</summary>
    public static bool TryParse(
        string uri, [NotNullWhen(true)] out ChannelKey? key, out string name, [NotNullWhen(false)] out string? error)
    {
        (key, name, error) = (null, "", "this is no qpc-channel: URI, or it is cut");
        if (uri.Length > MaxUri || !uri.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            || !Base64Url.IsValid(uri.AsSpan(Scheme.Length)))
            return false;
        byte[] bytes = Base64Url.DecodeFromChars(uri.AsSpan(Scheme.Length));
        Span<byte> check = stackalloc byte[CheckSize];
        int label = bytes.Length - 1 - Size - CheckSize;
        if (label is >= 0 and <= MaxNameSize && bytes[0] == Version)
        {
            Check(bytes.AsSpan(..^CheckSize), check);
            if (check.SequenceEqual(bytes.AsSpan(^CheckSize..)))
            {
                name = Encoding.UTF8.GetString(bytes.AsSpan(1 + Size, label));
                key = new ChannelKey(bytes.AsSpan(1, Size));
                error = null;
            }
        }

        CryptographicOperations.ZeroMemory(bytes);
        return key is not null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key);
        CryptographicOperations.ZeroMemory(_message);
        CryptographicOperations.ZeroMemory(_nonce);
    }

    private static void Check(ReadOnlySpan<byte> bytes, Span<byte> check)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        hash[..CheckSize].CopyTo(check);
    }
}
