using System.Text;
using QuicProChat.Mesh.Transports.Names;

namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>
/// The texts of an instance (RFC 6763, section 6): <c>v</c> and <c>n</c> of a node, <c>ver</c>, <c>server</c> and
/// <c>domain</c> of a server. Other keys are skipped, and of a key that is there twice the first counts (section 6.4).
/// </summary>
/// <param name="Version">The version of the protocol, as it is written; empty for none.</param>
/// <param name="Tag">The network's tag, as it is written; null without one.</param>
/// <param name="Server">What a server is called; null without it.</param>
/// <param name="Domain">Its domain; null without it.</param>
internal readonly record struct ServiceTexts(string Version, string? Tag, string? Server, string? Domain)
{
    /// <summary>The version that this node speaks.</summary>
    internal const string OwnVersion = "1";

    /// <summary>Bytes of a value that are kept. Arbitrary.</summary>
    private const int MaxValue = 32;

    /// <summary>The texts of this node, each behind its length.</summary>
    internal static byte[] OfNode(string? tag)
    {
        var texts = new List<byte>(32);
        foreach (string text in (string[])[$"v={OwnVersion}", .. tag is null ? [] : (string[])[$"n={tag}"]])
        {
            texts.Add((byte)text.Length);
            texts.AddRange(Encoding.ASCII.GetBytes(text));
        }

        return [.. texts];
    }

    /// <summary>Reads texts; what is cut ends them.</summary>
    internal static ServiceTexts Read(ReadOnlySpan<byte> data)
    {
        string? version = null, tag = null, server = null, domain = null;
        while (data.Length > 0 && data[0] < data.Length)
        {
            ReadOnlySpan<byte> text = data.Slice(1, data[0]);
            data = data[(1 + text.Length)..];
            int equals = text.IndexOf((byte)'=');
            if (equals <= 0)
                continue;
            ReadOnlySpan<byte> key = text[..equals], value = text[(equals + 1)..];
            if (Is(key, "v"u8) || Is(key, "ver"u8))
                version ??= Text(value);
            else if (Is(key, "n"u8))
                tag ??= Text(value);
            else if (Is(key, "server"u8))
                server ??= Text(value);
            else if (Is(key, "domain"u8))
                domain ??= Text(value);
        }

        return new ServiceTexts(version ?? "", tag, server, domain);
    }

    private static bool Is(ReadOnlySpan<byte> key, ReadOnlySpan<byte> name) => DnsName.AreEqual(key, name);

    private static string Text(ReadOnlySpan<byte> value) =>
        Encoding.UTF8.GetString(value.Length > MaxValue ? value[..MaxValue] : value);
}
