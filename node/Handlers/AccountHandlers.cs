using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Accounts;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Rpc.Connections;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands about accounts on servers, and conversations there.</summary>
internal static class AccountHandlers
{
    internal static readonly CommandHandler[] All =
    [
        CommandHandler.For(Commands.AccountRegister, RegisterAsync),
        CommandHandler.For(Commands.AccountLogin, LogInAsync),
        CommandHandler.For(Commands.AccountList, ListAsync),
        CommandHandler.For(Commands.AccountLogout, async (MeshNode node, AccountLogoutRequest r) =>
            await InfoAsync(node, await node.Accounts.LogOutAsync(ServerOf(r.Server), Needed(r.User, "user"))
                .ConfigureAwait(false)).ConfigureAwait(false)),
        CommandHandler.For(Commands.AccountDelete, DeleteAsync),
        CommandHandler.For(Commands.AccountConversations, ConversationsAsync),
        CommandHandler.For(Commands.AccountOpen, (node, r) => ShowAsync(node.Servers.OpenAsync(Needed(r.To, "to")))),
        CommandHandler.For(Commands.AccountCreate, (node, r) =>
            ShowAsync(node.Servers.CreateAsync(ServerOf(r.Server), Needed(r.Name, "name")))),
        CommandHandler.For(Commands.AccountInvite, (node, r) =>
            ShowAsync(node.Servers.InviteAsync(Needed(r.Group, "group"), Invited(r)))),
        CommandHandler.For(Commands.AccountRemove, (node, r) =>
            ShowAsync(node.Servers.RemoveAsync(Needed(r.Group, "group"), Needed(r.User, "user")))),
        CommandHandler.For(Commands.AccountLeave, LeaveAsync),
        CommandHandler.For(Commands.AccountAccept, async (MeshNode node, AccountAcceptRequest r) =>
            await InfoAsync(node, await node.Accounts.AcceptAsync(ServerOf(r.Server), r.User).ConfigureAwait(false))
                .ConfigureAwait(false)),
    ];

    private static async Task<AccountInfo> RegisterAsync(
        MeshNode node, AccountRegisterRequest request, CancellationToken cancellation)
    {
        try
        {
            WantedAccount wanted =
                WantedAccount.Read(request.Server, request.User, request.Key, request.Ca);
            return await InfoAsync(node, await node.Accounts.RegisterAsync(
                wanted, request.Invite ?? "", Password(request.Password), cancellation).ConfigureAwait(false))
                    .ConfigureAwait(false);
        }
        finally
        {
            Commands.AccountRegister.ForgetSecrets(request);
        }
    }

    private static async Task<AccountInfo> LogInAsync(
        MeshNode node, AccountLoginRequest request, CancellationToken cancellation)
    {
        try
        {
            WantedAccount wanted =
                WantedAccount.Read(request.Server, request.User, request.Key, request.Ca);
            DeviceCertificate? certificate = null;
            if (request.Device is { } text && !DeviceCertificate.TryParse(text, out certificate, out string? error))
                throw ControlException.Usage(error);
            return await InfoAsync(node, await node.Accounts.LogInAsync(
                wanted, certificate, Password(request.Password), cancellation).ConfigureAwait(false))
                    .ConfigureAwait(false);
        }
        finally
        {
            Commands.AccountLogin.ForgetSecrets(request);
        }
    }

    /// <summary>The account that a request names.</summary>
    internal static (string Server, string User) AccountOf(string? server, string? user) =>
        (ServerOf(server), Needed(user, "user"));

    private static async Task<DoneInfo> DeleteAsync(
        MeshNode node, AccountDeleteRequest request, CancellationToken cancellation)
    {
        (string server, string user) = AccountOf(request.Server, request.User);
        await node.Accounts.DeleteAsync(server, user, request.Local, cancellation).ConfigureAwait(false);
        return new DoneInfo(request.Local
            ? $"{user}@{server} is forgotten here; the server still has the account"
            : $"{user}@{server} is deleted, there and here; messages stay");
    }

    private static async Task<IReadOnlyList<AccountInfo>> ListAsync(MeshNode node, NoArguments request)
    {
        List<AccountInfo> accounts = [];
        foreach (AccountView account in node.Accounts.List())
            accounts.Add(await InfoAsync(node, account).ConfigureAwait(false));
        return accounts;
    }

    private static async Task<IReadOnlyList<ServerConversationInfo>> ConversationsAsync(MeshNode node,
        NoArguments request) =>
        [.. (await node.Servers.ListAsync().ConfigureAwait(false)).Select(Infos.Of)];

    private static async Task<DoneInfo> LeaveAsync(MeshNode node, AccountLeaveRequest request)
    {
        string name = await node.Servers.LeaveAsync(Needed(request.Conversation, "conversation")).ConfigureAwait(false);
        return new DoneInfo($"'{name}' is left; its keys are forgotten as soon as the others know");
    }

    private static async Task<AccountInfo> InfoAsync(MeshNode node, AccountView account)
    {
        string server = account.Record.Server;
        ServerAccountState? state = (await node.Servers.ListAccountsAsync().ConfigureAwait(false)).FirstOrDefault(a =>
            a.Server == server);
        return new AccountInfo(
            server, account.Record.User, StateOf(account), account.Record.Endpoint.ToString(), state?.Conversations
                ?? 0,
            state?.Waiting ?? 0, (long)Math.Min(state?.Lost ?? 0, long.MaxValue))
        {
            Key = account.Record.Trust == AccountRecord.TrustKind.Key ? account.Record.Trusted : null,
            Problem = account.Problem,
        };
    }

    private static string StateOf(AccountView account) => account.State switch
    {
        null => "logged-out",
        LinkState.Connecting => "connecting",
        LinkState.Online => "online",
        LinkState.Offline => "offline",
        LinkState.Refused => "refused",
        _ => throw new InvalidOperationException($"There is no state {account.State}."),
    };

    private static async Task<ServerConversationInfo> ShowAsync(Task<ServerConversation> conversation) =>
        Infos.Of(await conversation.ConfigureAwait(false));

    internal static string ServerOf(string? server) =>
        ServerEndpoint.TryParse(Needed(server, "server"), out ServerEndpoint? endpoint, out string? error)
            ? AccountRecord.NameOf(endpoint) : throw ControlException.Usage(error);

    private static IReadOnlyList<string> Invited(AccountInviteRequest request) => request.Users is { Count: > 0 } users
        ? users : throw ControlException.Usage("account-invite needs \"users\"");

    private static ReadOnlyMemory<byte> Password(byte[]? password) => password is { Length: > 0 }
        ? password : throw ControlException.Usage("this command needs \"password\"");

    internal static string Needed(string? value, string key) => value is { Length: > 0 }
        ? value : throw ControlException.Usage($"this command needs \"{key}\"");
}
