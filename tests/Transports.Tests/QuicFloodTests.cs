using System.Net;
using System.Net.Quic;
using System.Net.Security;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Tests.Fakes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests;

[NeedsQuic]
public sealed class QuicFloodTests
{
    [LinkFact]
    public async Task Handshakes_that_stand_still_make_room_for_an_honest_one()
    {
        await using LinkPeer node = new(1, new LinkSettings { MaxUnauthenticatedPerSource = 2 }), honest = new(2);
        LinkUri uri = await node.ListenAsync("quic");
        using LocalIdentity mallory = LocalIdentity.Generate();
        using ManualResetEventSlim hold = new();
        List<Task> stalled = [];
        for (int i = 0; i < 6; i++)
            stalled.Add(StallAsync(IPEndPoint.Parse(uri.Rest[2..]), mallory, hold));
        // Four of the six had to make room; their ends arrive here.
        for (int i = 0; i < 4; i++)
            Assert.NotNull(await node.NextRefusedAsync());
        Assert.NotNull((await honest.DialAsync(uri)).Link);
        hold.Set();
        await Task.WhenAll(stalled);
    }

    /// <summary>A dialer that never gets over looking at the certificate.</summary>
    private static Task StallAsync(IPEndPoint remote, LocalIdentity identity, ManualResetEventSlim hold) =>
        Task.Run(async () =>
    {
        try
        {
            await using QuicConnection connection = await QuicConnection.ConnectAsync(new QuicClientConnectionOptions
            {
                RemoteEndPoint = remote,
                DefaultCloseErrorCode = 0,
                DefaultStreamErrorCode = 0,
                ClientAuthenticationOptions = new SslClientAuthenticationOptions
                {
                    TargetHost = "",
                    ApplicationProtocols = [new SslApplicationProtocol("qpc-mesh/1")],
                    ClientCertificateContext =
                        SslStreamCertificateContext.Create(LinkCertificate.Create(identity), null, offline: true),
                    RemoteCertificateValidationCallback = (_, _, _, _) =>
                    {
                        hold.Wait();
                        return false;
                    },
                },
            });
        }
        catch (Exception e) when (e is QuicException or System.Security.Authentication.AuthenticationException)
        {
            // Displaced, or let go and refused: either way it is over.
        }
    });
}
