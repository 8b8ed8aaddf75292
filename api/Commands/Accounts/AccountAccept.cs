namespace QuicProChat.Mesh.Api;

/// <summary>What <c>account-accept</c> takes.</summary>
public sealed record AccountAcceptRequest
{
    /// <summary>The server, as its account was made.</summary>
    public string? Server { get; set; }

    /// <summary>A name whose new key is taken; null: the server's log of keys as it shows it from now on.</summary>
    public string? User { get; set; }
}

/// <content><c>account-accept</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-accept</c>: takes a changed key, or a log of keys that contradicts what was seen.</summary>
    public static CommandSpec<AccountAcceptRequest, AccountInfo> AccountAccept { get; } = new(
        "account-accept", CommandGroup.Accounts,
        "Takes the new key of a name, or without a name a log of keys that contradicts what was seen before.",
        json => json.AccountInfo,
        new ArgumentList<AccountAcceptRequest>()
            .Operand("server", "The server, as its account was made.", r => r.Server, (r, v) => r.Server = v)
            .OptionalOperand("user", "A name there whose new key is taken.", r => r.User, (r, v) => r.User = v))
    {
        IsBrief = true,
        Console = [new("/account accept", "SERVER [USER]", "take a changed key, or a log of keys that changed")],
        Rendering = AccountInfo.Show,
    };
}
