using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>Invitations: 26 characters with 128 bits of chance, of which the server keeps a hash.</summary>
internal static class Invitations
{
    private const int Length = 26;
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567"; // RFC 4648, base 32

    /// <summary>Makes an invitation.</summary>
    internal static string Make(RandomFill random)
    {
        byte[] bytes = new byte[Length];
        random(bytes);
        return string.Concat(bytes.Select(b => Alphabet[b % Alphabet.Length]));
    }

    /// <summary>What the server keeps of it.</summary>
    internal static byte[] Hash(string invitation) => SHA256.HashData(Encoding.UTF8.GetBytes(invitation));
}
