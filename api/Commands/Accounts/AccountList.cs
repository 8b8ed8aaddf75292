namespace QuicProChat.Mesh.Api;

/// <content><c>account-list</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-list</c>: the accounts of this node on servers.</summary>
    public static CommandSpec<NoArguments, IReadOnlyList<AccountInfo>> AccountList { get; } = new(
        "account-list", CommandGroup.Accounts, "The accounts of this node on servers.", json =>
            json.IReadOnlyListAccountInfo)
    {
        Console = [new("/account list", "", "the accounts of this node on servers")],
        Rendering = (screen, accounts) =>
        {
            foreach (AccountInfo account in accounts)
                AccountInfo.Show(screen, account);
            if (accounts.Count == 0)
                screen.Line("no accounts");
        },
    };
}
