namespace QuicProChat.Mesh.Api;

/// <summary>What <c>account-device-add</c> takes.</summary>
public sealed record AccountDeviceAddRequest
{
    /// <summary>The server, as <c>account-list</c> has it.</summary>
    public string? Server { get; set; }

    /// <summary>The name there.</summary>
    public string? User { get; set; }

    /// <summary>What to call the device.</summary>
    public string? Name { get; set; }

    /// <summary>The other node's contact card.</summary>
    public string? Card { get; set; }
}

/// <content><c>account-device-add</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-device-add</c>: makes another node a device of an account.</summary>
    public static CommandSpec<AccountDeviceAddRequest, AccountDeviceCertificateInfo> AccountDeviceAdd { get; } = new(
        "account-device-add", CommandGroup.Accounts, "Makes another node a device of an account.",
        json => json.AccountDeviceCertificateInfo,
        new ArgumentList<AccountDeviceAddRequest>()
            .Operand("server", "The server, as account list has it.", r => r.Server, (r, v) => r.Server = v)
            .Operand("user", "The name there.", r => r.User, (r, v) => r.User = v)
            .Operand("name", "What to call the device.", r => r.Name, (r, v) => r.Name = v)
            .Operand("card", "The other node's contact card, as it shows it (contact show).", r => r.Card, (r, v) =>
                r.Card = v))
    {
        Under = "device",
        IsBrief = true,
        Console = [new("/account device add", "SERVER USER NAME CARD", "make another node a device of an account")],
        Rendering = AccountDeviceCertificateInfo.Show,
    };
}
