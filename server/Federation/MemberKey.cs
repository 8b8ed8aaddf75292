using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Federation;

/// <summary>
/// What users of other servers are called in this server's store, where it needs a key of 32 bytes for them: hashes of
/// a label and the server's domain, which no identity key of this server can be.
/// </summary>
internal static class MemberKey
{
    // Servers that nobody named share as many places as senders: an inbox gives an eighth of its room to each.
    private const int PlacesOfStrangers = 4;

    /// <summary>A member of a group: a server speaks for its own users, and for nobody else.</summary>
    /// <param name="domain">The member's server; empty for this one.</param>
    /// <param name="key">The member's key.</param>
    /// <param name="own">What this server is called among servers.</param>
    internal static IdentityKey Of(string domain, IdentityKey key, string own) =>
        domain.Length == 0 || domain == own ? key : Hash("qpc-server member"u8, domain, key.ToArray());

    /// <summary>
    /// The sender that messages from a server count for: all its users are one, because nobody here knows how many it
    /// has. Those servers that the operator did not name share a few, of which they cannot choose one.
    /// </summary>
    internal static IdentityKey SenderOf(string domain, bool isNamed, ReadOnlySpan<byte> secret)
    {
        if (isNamed)
            return Hash("qpc-server peer"u8, domain, []);
        int place = HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(domain))[0] % PlacesOfStrangers;
        return Hash("qpc-server strangers"u8, "", [(byte)place]);
    }

    private static IdentityKey Hash(ReadOnlySpan<byte> label, string domain, ReadOnlySpan<byte> rest)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(label);
        hash.AppendData([0]);
        hash.AppendData(Encoding.UTF8.GetBytes(domain));
        hash.AppendData([0]);
        hash.AppendData(rest);
        _ = IdentityKey.TryRead(hash.GetHashAndReset(), out IdentityKey key);
        return key;
    }
}
