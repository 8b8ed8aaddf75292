namespace QuicProChat.Mesh.Api;

/// <summary>What <c>account-device-revoke</c> takes.</summary>
public sealed record AccountDeviceRevokeRequest
{
    /// <summary>The server, as <c>account-list</c> has it.</summary>
    public string? Server { get; set; }

    /// <summary>The name there.</summary>
    public string? User { get; set; }

    /// <summary>The device's name, or the address of its node.</summary>
    public string? Device { get; set; }
}

/// <content><c>account-device-revoke</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-device-revoke</c>: ends a device of an account.</summary>
    public static CommandSpec<AccountDeviceRevokeRequest, DoneInfo> AccountDeviceRevoke { get; } = new(
        "account-device-revoke", CommandGroup.Accounts,
        "Ends a device of an account: its session, and its part in conversations.", json => json.DoneInfo,
        new ArgumentList<AccountDeviceRevokeRequest>()
            .Operand("server", "The server, as account list has it.", r => r.Server, (r, v) => r.Server = v)
            .Operand("user", "The name there.", r => r.User, (r, v) => r.User = v)
            .Operand("device", "The device's name, or the address of its node.", r => r.Device, (r, v) =>
                r.Device = v))
    {
        Under = "device",
        IsBrief = true,
        Console = [new("/account device revoke", "SERVER USER DEVICE", "end a device of an account")],
    };
}
