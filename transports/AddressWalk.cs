using System.Net;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// Dials all addresses of a host one after the other, in the system's order, until one becomes a link.
/// </summary>
internal static class AddressWalk
{
    internal static async ValueTask<DialResult> DialAsync(
        LinkUri uri, LocalEnd node, Func<IPEndPoint, NodeAddress?, CancellationToken, ValueTask<DialResult>> dial,
        CancellationToken cancellation)
    {
        if (!IpEndpoint.TryParse(uri, out IpEndpoint? endpoint, out string? error))
            return Failed(error);
        IPAddress[] addresses;
        using CancellationTokenSource limit = new(node.Settings.ConnectTimeout, node.Time);
        using CancellationTokenSource resolve =
            CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            addresses = await endpoint.ResolveAsync(resolve.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return Failed(e is IOException ? e.Message : $"{endpoint.Host} does not resolve in time");
        }

        DialResult result = default;
        foreach (IPAddress address in addresses)
        {
            result = await dial(new IPEndPoint(address, endpoint.Port), endpoint.Pinned, cancellation);
            if (result.Link is not null || result.Failure!.Code == LinkEndCode.Self
                || cancellation.IsCancellationRequested)
                break;
        }

        return result;
    }

    private static DialResult Failed(string detail) =>
        new(null, new LinkEnd(LinkEndCode.TransportFailed, Detail: detail));
}
