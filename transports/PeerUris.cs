using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// The ways to one peer as an operator writes them: one URI, or several separated by commas, for example
/// <c>quic://host:7330,tcp://host:7330</c>. QUIC is tried first whatever the order.
/// </summary>
public sealed class PeerUris
{
    private const string Preferred = "quic";

    private PeerUris(IReadOnlyList<LinkUri> uris) => Uris = uris;

    /// <summary>The ways, in the order in which they are tried; at least one.</summary>
    public IReadOnlyList<LinkUri> Uris { get; }

    /// <summary>Reads them; the error says what is wrong and what would be right.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out PeerUris? peer, [NotNullWhen(false)] out string? error)
    {
        peer = null;
        List<LinkUri> uris = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!LinkUri.TryParse(part, out LinkUri? uri, out error))
                return false;
            if (uri.Scheme == Lora.LoraTransport.SchemeName)
            {
                error = Lora.LoraTransport.NotDialled;
                return false;
            }

            if (uri.Scheme is Tcp.TcpTransport.SchemeName or Preferred && !IpEndpoint.TryParse(uri, out _, out error))
                return false;
            uris.Add(uri);
        }

        peer = new PeerUris([.. uris.OrderBy(u => u.Scheme != Preferred)]);
        error = null;
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', Uris);
}
