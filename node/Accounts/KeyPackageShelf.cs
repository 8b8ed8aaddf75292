using Google.Protobuf;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Node.Accounts;

/// <summary>The KeyPackages that a node leaves at a server, for whoever puts it into a conversation.</summary>
/// <param name="calls">The connections.</param>
/// <param name="conversations">Who makes them.</param>
/// <param name="server">The server.</param>
/// <param name="ownKey">The account's identity.</param>
internal sealed class KeyPackageShelf(
    ServerCalls calls, ServerConversations conversations, string server, ByteString ownKey)
{
    /// <summary>KeyPackages for one use that lie at the server. Arbitrary.</summary>
    private const int Wanted = 10;

    /// <summary>Leaves as many as there should be.</summary>
    internal async Task FillAsync(CancellationToken stop)
    {
        // The one of last resort first: its answer says how many there are.
        if (await LeaveAsync(isLastResort: true, stop).ConfigureAwait(false) is not { } left)
            return;
        for (uint made = left; made < Wanted; made++)
        {
            if (await LeaveAsync(isLastResort: false, stop).ConfigureAwait(false) is null)
                return;
        }
    }

    private async Task<uint?> LeaveAsync(bool isLastResort, CancellationToken stop)
    {
        var request = new UploadKeyPackageRequest
        {
            IdentityKey = ownKey,
            Package = ByteString.CopyFrom(
                await conversations.MakeKeyPackageAsync(server, isLastResort).ConfigureAwait(false)),
            LastResort = isLastResort,
        };
        ServerCalls.Result<UploadKeyPackageResponse> left = await calls.AskAsync(
            RpcMethod.UploadKeyPackage, request, UploadKeyPackageResponse.Parser, static _ => true, stop)
                .ConfigureAwait(false);
        return left.Value?.Available;
    }
}
