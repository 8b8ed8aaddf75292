using System.Net;
using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.MlsLite;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Repl;
using QuicProChat.Mesh.Transports;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>Everything that reads a text of people: all of it reads every input. Whoever refuses says why.</summary>
internal static class TextTarget
{
    internal static readonly FuzzTarget Target =
        new("text", "addresses, URIs, names, invitations, slash commands", Seeds, Run);

    private static IEnumerable<byte[]> Seeds()
    {
        using LocalIdentity identity = MlsLite.Tests.World.IdentityOf(1);
        string address = identity.Address.ToString();
        string[] texts =
        [
            address, "21fe31dfa154a261626bf854046fd227", BackupString.Export(identity),
            "quic://mesh.example:4433", $"tcp://192.0.2.7:4433#{address}",
            "tcp://[fe80::1%eth0]:4433,quic://[2001:db8::1]:1",
            "quic://0.0.0.0:4433", "lora:/dev/ttyUSB0?modem=rnode&frequency=868100000&sf=9&region=eu868&power=14",
            "lora:/dev/serial/by-id/x?modem=reyax&frequency=868300000&bandwidth=125000&encoding=raw&region=none",
            "relay-3", "m\u00fchle", "a\u200db", "90s", "12h", "32MB", "65536", "warning",
            "/alias bob " + address, "/lite talk mill", "/mesh peers", "/send bob hello",
        ];
        IEnumerable<string> invitations = Pages.Read("mls-lite.md").Split('"')
            .Where(t => t.StartsWith("qpc-lite:", StringComparison.Ordinal));
        return texts.Concat(invitations).Select(Encoding.UTF8.GetBytes);
    }

    private static void Run(ReadOnlySpan<byte> input)
    {
        string text = Encoding.UTF8.GetString(input);
        _ = DisplayName.IsValid(input, Limits.MaxNodeName);
        _ = DisplayName.IsVisible(input, Limits.MaxNodeName);
        _ = DisplayName.IsHandle(text, Limits.MaxNodeName);
        Assert.Equal(DisplayName.IsValid(text, Limits.MaxNodeName),
            DisplayName.Explain(text, Limits.MaxNodeName) is null);
        if (NodeAddress.TryParse(text, out NodeAddress address, out string? error))
            Assert.True(NodeAddress.TryParse(address.ToString(), out NodeAddress again, out _) && again == address);
        else
            Assert.NotEmpty(error);
        if (BackupString.TryImport(text, default, out LocalIdentity? identity, out error))
            identity.Dispose();
        else
            Assert.NotEmpty(error);
        if (LiteInvitation.TryParse(text, out LiteInvitation? invitation, out error))
            invitation.Dispose();
        else
            Assert.NotEmpty(error);
        ReadLinks(text);
        _ = Quantity.TryParseDuration(text, out _);
        _ = Quantity.TryParseSize(text, out _);
        _ = Quantity.TryParseNumber(text, out _);
        _ = Settings.TryParseLifetime(text, out _);
        _ = SlashCommand.Parse(text, null);
        _ = SlashCommand.Parse(text, "bob");
    }

    private static void ReadLinks(string text)
    {
        if (!LinkUri.TryParse(text, out LinkUri? uri, out string? error))
            Assert.NotEmpty(error);
        else
            _ = PeerUris.CheckListen(uri);
        if (!PeerUris.TryParse(text, out _, out error))
            Assert.NotEmpty(error);
        if (!LoraUri.TryParse(text, out _, out LoraUriError? fault))
            Assert.NotEmpty(fault.ToString());
        _ = ListenUri.Check(text);
        _ = Settings.CheckPeer(text);
        _ = IpText.TryParsePort(text, out _);
        _ = IpText.IsHostName(text);
        if (IpText.TryParse(text, out IPAddress ip))
            Assert.Equal(ip, IPAddress.Parse(ip.ToString()));
        _ = IpText.TryParseEndpoint(text, out _);
    }
}
