using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// The ways to one peer as an operator writes them: one URI, or several separated by commas, for example
/// <c>quic://host:7330,tcp://host:7330</c>. QUIC is tried first whatever the order.
/// </summary>
public sealed class PeerUris
{
    private const string Preferred = "quic";

    private PeerUris(IReadOnlyList<LinkUri> uris)
    {
        Uris = uris;
        foreach (LinkUri uri in uris)
        {
            if (uri.Pinned is { } text && NodeAddress.TryParse(text, out NodeAddress address, out _))
                Pinned = address;
        }
    }

    /// <summary>The ways, in the order in which they are tried; at least one.</summary>
    public IReadOnlyList<LinkUri> Uris { get; }

    /// <summary>The address that is pinned; null for none.</summary>
    public NodeAddress? Pinned { get; }

    /// <summary>Reads them; the error says what is wrong and what would be right.</summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out PeerUris? peer, [NotNullWhen(false)] out string? error)
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

            error = uri.Scheme is Tcp.TcpTransport.SchemeName or Preferred ? IpEndpoint.CheckDial(uri) : null;
            if (error is not null)
                return false;
            uris.Add(uri);
        }

        if (uris.Select(u => u.Pinned).OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase).Skip(1).Any())
        {
            error = $"'{text}' pins two addresses for one peer: write two peers.";
            return false;
        }

        peer = new PeerUris([.. uris.OrderBy(u => u.Scheme != Preferred)]);
        error = null;
        return true;
    }

    /// <summary>Null, or what is wrong with a <c>tcp:</c> or <c>quic:</c> URI to listen on.</summary>
    public static string? CheckListen(LinkUri uri) => IpEndpoint.CheckListen(uri);

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', Uris);
}
