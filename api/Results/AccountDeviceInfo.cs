namespace QuicProChat.Mesh.Api;

/// <summary>A device of an account.</summary>
/// <param name="Address">Its node.</param>
/// <param name="Name">What it is called.</param>
/// <param name="RegisteredAt">Since when, UTC.</param>
/// <param name="This">It is this node.</param>
public sealed record AccountDeviceInfo(string Address, string Name, DateTimeOffset RegisteredAt, bool This)
{
    internal static void Show(Screen screen, AccountDeviceInfo device) => screen.Line(
        $"{device.Address}  {Screen.Printable(device.Name)}  since {screen.Local(device.RegisteredAt, "yyyy-MM-dd")}"
            + (device.This ? "  this node" : ""));
}

/// <summary>What a new device of an account logs in with.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Certificate">The certificate: no secret, and of use to that device only.</param>
public sealed record AccountDeviceCertificateInfo(string Name, string Certificate)
{
    internal static void Show(Screen screen, AccountDeviceCertificateInfo device)
    {
        screen.Line($"{Screen.Printable(device.Name)} is registered; log in there with --device and");
        screen.Line(device.Certificate);
    }
}
