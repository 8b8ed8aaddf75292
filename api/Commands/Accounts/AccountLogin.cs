namespace QuicProChat.Mesh.Api;

/// <summary>What <c>account-login</c> takes.</summary>
public sealed record AccountLoginRequest
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
    /// The certificate that <c>account-device-add</c> gave on the account's first device; null: the account is this
    /// node's own.
    /// </summary>
    public string? Device { get; set; }

    /// <summary>
    /// A file with certificates of an authority, or <c>system</c> for the system's; null: the server's key is pinned.
    /// </summary>
    public string? Ca { get; set; }
}

/// <content><c>account-login</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-login</c>: logs in at a server, where the name is registered for this node.</summary>
    public static CommandSpec<AccountLoginRequest, AccountInfo> AccountLogin { get; } = new(
        "account-login", CommandGroup.Accounts, "Logs in at a server, where the name is registered for this node.",
            json => json.AccountInfo,
        new ArgumentList<AccountLoginRequest>()
            .Operand("server", "HOST, HOST:PORT, wss://HOST:PORT or quic://HOST:PORT.", r => r.Server, (r, v) =>
                r.Server = v)
            .Operand("user", "The name there.", r => r.User, (r, v) => r.User = v)
            .Secret(
                "password", "A file whose first line is the password; without it you are asked.", r => r.Password,
                (r, v) => r.Password = v)
            .Option(
                "device", "CERTIFICATE", "What the account's first device gave for this one (account device add).",
                r => r.Device, (r, v) => r.Device = v)
            .Option("key", "HEX", "The fingerprint that the server's key must have.", r => r.Key, (r, v) => r.Key = v)
            .Option(
                "ca", "FILE", "Trust certificates of an authority instead of one key; system for the system's.", r =>
                    r.Ca,
                (r, v) => r.Ca = v))
    {
        IsBrief = true,
        Console = [new("/account login", "SERVER USER", "log in at a server")],
        Rendering = AccountInfo.Show,
    };
}
