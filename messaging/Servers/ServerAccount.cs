using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Servers;

// version 1 = 2 | size 1, server | size 1, user | cursor 8 | lost 8
//   | size 1, domain or none | where there is one: early messages
//   | identity 32 | block certificate or none | keys of devices | keys that were revoked
//   | where there are any: names 1 { key 32, size 1, name }
//
// What was kept before there were devices ends before the domain, or behind the early messages.
//
/// <summary>An account, as messaging knows it: whose it is, its devices, and how far its inbox was read.</summary>
internal sealed class ServerAccount : ConversationState
{
    /// <summary>
    /// Devices that were revoked and are remembered, at most; the oldest give way. Arbitrary: they are removed from
    /// groups that others put them into.
    /// </summary>
    private const int MaxRevoked = 64;

    private const byte Version = 2;

    internal ServerAccount(string server, string user, byte[] identity)
        : base(ServerIds.Account(server)) => (Server, User, Identity) = (server, user, identity);

    /// <summary>The server.</summary>
    internal string Server { get; }

    /// <summary>The own name there.</summary>
    internal string User { get; set; }

    /// <summary>The account's identity: an Ed25519 key, 32 bytes. This node's own, if it is the first device.</summary>
    internal byte[] Identity { get; private set; }

    /// <summary>The identity's word that this node is a device of it; null where it is the first one.</summary>
    internal DeviceCertificate? Certificate { get; private set; }

    /// <summary>The keys of the other devices that this one certified; only the first device does.</summary>
    internal List<byte[]> Devices { get; } = [];

    /// <summary>The keys of devices that were revoked, the oldest first.</summary>
    internal List<byte[]> Revoked { get; } = [];

    /// <summary>
    /// What the owner called the devices that this one certified, by their keys in hexadecimal digits; of revoked ones
    /// too, for as long as they are remembered.
    /// </summary>
    internal Dictionary<string, string> Names { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Devices that had no KeyPackage when they were to be added, in hexadecimal digits: until they say that they are
    /// there.
    /// </summary>
    internal HashSet<string> Away { get; } = new(StringComparer.Ordinal);

    /// <summary>The number of the last message that was read of the inbox outside of channels.</summary>
    internal ulong Cursor { get; set; }

    /// <summary>Messages that were gone before this node read them.</summary>
    internal ulong Lost { get; set; }

    /// <summary>What the server is called among servers; empty where it speaks with none.</summary>
    internal string Domain { get; set; } = "";

    /// <summary>
    /// Messages outside of channels of groups that this node is not in yet: the Welcome may come behind them.
    /// </summary>
    internal EarlyMessages Early { get; } = new(32, 192 << 10);

    /// <summary>The connection stands, or is made: things can be asked of the server.</summary>
    internal bool IsOpen { get; set; }

    /// <summary>The devices that should be in every conversation beside this one.</summary>
    internal IEnumerable<byte[]> Others => Certificate is null ? Devices : [Identity];

    /// <summary>The extensions of this node's leaves.</summary>
    internal ExtensionList LeafExtensions => DeviceLeaf.ExtensionsOf(Certificate, Domain);

    /// <summary>Sets which device of whom this node is.</summary>
    internal void Become(byte[] identity, DeviceCertificate? certificate) =>
        (Identity, Certificate) = (identity, certificate);

    /// <summary>Whether a leaf of this node says what one of this account says now.</summary>
    internal bool IsOwnLeaf(LeafNode leaf) => ServerHome.Of(leaf) == Domain
        && (leaf.Extensions.TryFind(DeviceLeaf.Type, out ReadOnlyMemory<byte> data)
            ? Certificate is { } certificate && data.Span.SequenceEqual(certificate.Bytes.Span) : Certificate is null);

    /// <summary>Remembers that a device was revoked.</summary>
    internal void Revoke(byte[] device)
    {
        Devices.RemoveAll(k => k.AsSpan().SequenceEqual(device));
        if (ServerOutbox.Contains(Revoked, device))
            return;
        if (Revoked.Count >= MaxRevoked)
        {
            Names.Remove(Convert.ToHexString(Revoked[0]));
            Revoked.RemoveAt(0);
        }

        Revoked.Add(device);
    }

    /// <inheritdoc/>
    public override byte[] Save()
    {
        var writer = new FrameWriter();
        writer.Byte(Version);
        WriteText(writer, Server);
        WriteText(writer, User);
        writer.UInt64(Cursor);
        writer.UInt64(Lost);
        WriteText(writer, Domain);
        if (Domain.Length > 0)
            Early.Save(writer);
        writer.Raw(Identity);
        writer.Block(Certificate is { } certificate ? certificate.Bytes.Span : []);
        ServerOutbox.WriteKeys(writer, Devices);
        ServerOutbox.WriteKeys(writer, Revoked);
        if (Names.Count > 0)
            writer.Byte((byte)Names.Count);
        foreach ((string key, string name) in Names)
        {
            writer.Raw(Convert.FromHexString(key));
            WriteText(writer, name);
        }

        return writer.ToArray();
    }

    /// <inheritdoc/>
    public override void GoBack()
    {
        ServerAccount before = (IsStored ? Read(Stored, Identity) : null) ?? new ServerAccount(Server, User, Identity);
        (User, Cursor, Lost, Domain) = (before.User, before.Cursor, before.Lost, before.Domain);
        Become(before.Identity, before.Certificate);
        Early.Clear();
        foreach (byte[] message in before.Early.All)
            Early.Add(message);
        Devices.Clear();
        Devices.AddRange(before.Devices);
        Revoked.Clear();
        Revoked.AddRange(before.Revoked);
        Names.Clear();
        foreach ((string key, string name) in before.Names)
            Names[key] = name;
    }

    /// <summary>Takes an account back as it was saved; null if the bytes make no sense.</summary>
    /// <param name="saved">The bytes.</param>
    /// <param name="own">This node's key: whose an account was before there were devices.</param>
    internal static ServerAccount? TryLoad(byte[] saved, ReadOnlySpan<byte> own)
    {
        ServerAccount? account = Read(saved, own);
        account?.WasStored(saved);
        return account;
    }

    internal static void WriteText(FrameWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Byte((byte)bytes.Length);
        writer.Raw(bytes);
    }

    internal static bool TryReadText(ref FrameReader reader, out string text)
    {
        text = "";
        if (!reader.TryByte(out byte size) || !reader.TryTake(size, out ReadOnlySpan<byte> bytes))
            return false;
        text = Encoding.UTF8.GetString(bytes);
        return true;
    }

    private static ServerAccount? Read(ReadOnlySpan<byte> saved, ReadOnlySpan<byte> own)
    {
        var reader = new FrameReader(saved);
        if (!reader.TryByte(out byte version) || version != Version || !TryReadText(ref reader, out string server)
            || !TryReadText(ref reader, out string user) || !reader.TryUInt64(out ulong cursor)
            || !reader.TryUInt64(out ulong lost))
            return null;
        var account = new ServerAccount(server, user, own.ToArray()) { Cursor = cursor, Lost = lost };
        if (reader.AtEnd)
            return account;
        if (!TryReadText(ref reader, out string domain)
            || (domain.Length > 0 && (!ServerNames.IsServer(domain) || !account.Early.TryLoad(ref reader))))
            return null;
        account.Domain = domain;
        return (domain.Length > 0 && reader.AtEnd) || (account.TryReadDevices(ref reader) && reader.AtEnd)
            ? account : null;
    }

    private bool TryReadDevices(ref FrameReader reader)
    {
        if (!reader.TryTake(Ed25519.PublicKeySize, out ReadOnlySpan<byte> identity)
            || !reader.TryBlock(DeviceCertificate.Size, out ReadOnlySpan<byte> bytes)
            || !ServerOutbox.TryReadKeys(ref reader, Devices) || !ServerOutbox.TryReadKeys(ref reader, Revoked))
            return false;
        DeviceCertificate? certificate = null;
        if (!bytes.IsEmpty && !DeviceCertificate.TryRead(bytes, out certificate))
            return false;
        Become(identity.ToArray(), certificate);
        return reader.AtEnd || TryReadNames(ref reader);
    }

    private bool TryReadNames(ref FrameReader reader)
    {
        if (!reader.TryByte(out byte count))
            return false;
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryTake(Ed25519.PublicKeySize, out ReadOnlySpan<byte> key)
                || !TryReadText(ref reader, out string name))
                return false;
            Names[Convert.ToHexString(key)] = name;
        }

        return true;
    }
}
