using System.Text;

namespace QuicProChat.Mesh.Server.Stores;

/// <summary>
/// By what a device is woken: the name of a service, and what that service calls the device. The server understands
/// neither.
/// </summary>
internal sealed record PushToken(string Platform, string Token)
{
    /// <summary>Characters of a platform. Arbitrary.</summary>
    internal const int MaxPlatform = 16;

    /// <summary>Characters of a token. Arbitrary; an address of Web Push with its keys has some 500.</summary>
    internal const int MaxToken = 1024;

    /// <summary>
    /// Whether both can stand on a line, with a space between them: small letters, digits and '-', and printable ASCII.
    /// </summary>
    internal static bool IsValid(string platform, string token) =>
        platform.Length is > 0 and <= MaxPlatform && token.Length is > 0 and <= MaxToken
        && platform.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-')
        && token.All(c => c is > ' ' and <= '~');

    /// <summary>As stores keep it.</summary>
    internal byte[] ToArray() => Encoding.ASCII.GetBytes($"{Platform} {Token}");

    /// <summary>As stores kept it.</summary>
    internal static PushToken Read(ReadOnlySpan<byte> bytes)
    {
        string text = Encoding.ASCII.GetString(bytes);
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? new PushToken("", text) : new PushToken(text[..space], text[(space + 1)..]);
    }
}

/// <summary>A device that has not acknowledged all that is there for it, and how it is woken.</summary>
internal sealed record WaitingDevice(DeviceId Device, PushToken Token);

/// <summary>
/// Push tokens: one for each device, so that an account has as many as it may have devices, and one without a device.
/// </summary>
internal interface IPushTokenStore
{
    /// <summary>Sets the token of a device; null removes it. False where there is no such account or device.</summary>
    Task<bool> SetAsync(IdentityKey identity, DeviceId device, PushToken? token);

    /// <summary>Devices of an account that have a token, and for which something waits in one of its inboxes.</summary>
    Task<IReadOnlyList<WaitingDevice>> ListWaitingAsync(IdentityKey identity);
}
