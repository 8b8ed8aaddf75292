using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Contacts;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Node.Recovery;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands about recovery bundles. Restoring is <c>ctl</c>'s: there is no node yet.</summary>
internal static class RecoveryHandlers
{
    internal static readonly CommandHandler[] All =
    [
        CommandHandler.For(Commands.AccountRecoveryCreate, CreateAsync),
        CommandHandler.For(Commands.AccountRecoveryDelete, DeleteAsync),
    ];

    private static async Task<RecoveryCodeInfo> CreateAsync(
        MeshNode node, AccountRecoveryRequest request, CancellationToken cancellation)
    {
        (string server, string user) = AccountHandlers.AccountOf(request.Server, request.User);
        node.Accounts.RequireFirst(server, user);
        await node.SettleAsync().ConfigureAwait(false);
        using RecoveryCode code = RecoveryCode.Generate(RandomSource.System);
        RecoveryBundle bundle = Gather(node, withCards: true);
        byte[] sealedBundle = bundle.Seal(code, RandomSource.System);
        bool hasCards = sealedBundle.Length <= RecoveryBundle.MaxSize;
        if (!hasCards)
            sealedBundle = (bundle = Gather(node, withCards: false)).Seal(code, RandomSource.System);
        if (sealedBundle.Length > RecoveryBundle.MaxSize)
            throw ControlException.Refused(
                $"names and contacts take {sealedBundle.Length} bytes, and a server takes {RecoveryBundle.MaxSize}: "
                    + "'ctl backup' has no such bound");
        byte[] id = RecoveryBundle.IdOf(code);
        _ = await node.Accounts.CallProvenAsync(
            server, user, RpcMethod.StoreRecoveryBundle,
            proof => ProvenCall.StoreRecoveryBundle(proof, node.Identity, id, sealedBundle),
            StoreRecoveryBundleResponse.Parser, cancellation).ConfigureAwait(false);
        return new RecoveryCodeInfo(
            code.ToText(), server, bundle.Accounts.Count, bundle.Contacts.Names.Count + bundle.Contacts.People.Count,
            hasCards);
    }

    private static async Task<DoneInfo> DeleteAsync(
        MeshNode node, AccountRecoveryRequest request, CancellationToken cancellation)
    {
        (string server, string user) = AccountHandlers.AccountOf(request.Server, request.User);
        node.Accounts.RequireFirst(server, user);
        _ = await node.Accounts.CallProvenAsync(
            server, user, RpcMethod.DeleteRecoveryBundle,
            proof => ProvenCall.DeleteRecoveryBundle(proof, node.Identity),
            DeleteRecoveryBundleResponse.Parser, cancellation).ConfigureAwait(false);
        return new DoneInfo($"the recovery bundle at {server} is deleted: its code opens nothing any more");
    }

    // The identity is the node's, and not disposed of with the bundle.
    private static RecoveryBundle Gather(MeshNode node, bool withCards) => new(
        node.Identity, [.. node.Accounts.List().Select(a => a.Record)],
        new BackupContent(
            [.. node.Store.Reader.Aliases()],
            [.. node.Contacts.List().Where(c => withCards || c.IsVerified)
                .Select(c => withCards ? c : new Contact(c.Key, c.IsVerified, null))],
            [.. node.Store.Reader.Blocked()], []));
}
