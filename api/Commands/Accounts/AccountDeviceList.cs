namespace QuicProChat.Mesh.Api;

/// <summary>What <c>account-device-list</c> takes.</summary>
public sealed record AccountDeviceListRequest
{
    /// <summary>The server, as <c>account-list</c> has it.</summary>
    public string? Server { get; set; }

    /// <summary>The name there.</summary>
    public string? User { get; set; }
}

/// <content><c>account-device-list</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-device-list</c>: lists the devices of an account.</summary>
    public static CommandSpec<AccountDeviceListRequest, IReadOnlyList<AccountDeviceInfo>> AccountDeviceList { get; } =
        new(
            "account-device-list", CommandGroup.Accounts, "Lists the devices of an account, as its server has them.",
            json => json.IReadOnlyListAccountDeviceInfo,
            new ArgumentList<AccountDeviceListRequest>()
                .Operand("server", "The server, as account list has it.", r => r.Server, (r, v) => r.Server = v)
                .Operand("user", "The name there.", r => r.User, (r, v) => r.User = v))
        {
            Under = "device",
            IsBrief = true,
            Console = [new("/account device list", "SERVER USER", "list the devices of an account")],
            Rendering = (screen, devices) =>
            {
                foreach (AccountDeviceInfo device in devices)
                    AccountDeviceInfo.Show(screen, device);
            },
        };
}
