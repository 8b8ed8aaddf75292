namespace QuicProChat.Mesh.Api;

/// <summary>What <c>account-register</c> takes.</summary>
public sealed record AccountRegisterRequest
{
    /// <summary>HOST, HOST:PORT, wss://HOST:PORT or quic://HOST:PORT.</summary>
    public string? Server { get; set; }

    /// <summary>The name there.</summary>
    public string? User { get; set; }

    /// <summary>The password: UTF-8; the daemon zeroes it.</summary>
    public byte[]? Password { get; set; }

    /// <summary>
    /// The fingerprint that the server's key must have; null for the one that is known, or that is seen first.
    /// </summary>
    public string? Key { get; set; }

    /// <summary>
    /// A file with certificates of an authority, or <c>system</c> for the system's; null: the server's key is pinned.
    /// </summary>
    public string? Ca { get; set; }

    /// <summary>An invitation, where the server wants one.</summary>
    public string? Invite { get; set; }
}

/// <content><c>account-register</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-register</c>: registers a name at a server for this node, and logs in.</summary>
    public static CommandSpec<AccountRegisterRequest, AccountInfo> AccountRegister { get; } = new(
        "account-register", CommandGroup.Accounts, "Registers a name at a server for this node, and logs in.", json =>
            json.AccountInfo,
        new ArgumentList<AccountRegisterRequest>()
            .Operand("server", "HOST, HOST:PORT, wss://HOST:PORT or quic://HOST:PORT.", r => r.Server, (r, v) =>
                r.Server = v)
            .Operand("user", "The name there.", r => r.User, (r, v) => r.User = v)
            .Secret(
                "password", "A file whose first line is the password; without it you are asked.", r => r.Password,
                (r, v) => r.Password = v, isNew: true)
            .Option("key", "HEX", "The fingerprint that the server's key must have.", r => r.Key, (r, v) => r.Key = v)
            .Option(
                "ca", "FILE", "Trust certificates of an authority instead of one key; system for the system's.", r =>
                    r.Ca,
                (r, v) => r.Ca = v)
            .Option("invite", "CODE", "An invitation, where the server wants one.", r => r.Invite, (r, v) =>
                r.Invite = v))
    {
        IsBrief = true,
        Console = [new("/account register", "SERVER USER", "register a name at a server, and log in")],
        Rendering = AccountInfo.Show,
    };
}
