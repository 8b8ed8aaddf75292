using System.Text;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

// version 1 = 1 | KeyPackages
//
/// <summary>
/// The KeyPackages of this node on servers: what belongs to no account alone, since they have one key.
/// </summary>
internal sealed class ServerDesk(ServerSelf self) : ConversationState(Place)
{
    private const byte Version = 1;

    /// <summary>Its place among the states; ids of accounts and conversations have 16 bytes.</summary>
    internal static Mesh.Wire.ConversationId Place { get; } = new(Mesh.Wire.EnvelopeKind.Server, [1]);

    /// <inheritdoc/>
    public override byte[] Save()
    {
        var writer = new FrameWriter();
        writer.Byte(Version);
        self.Store.Save(NodeGroupStore.KeyPackages, writer);
        return writer.ToArray();
    }

    /// <inheritdoc/>
    public override void GoBack()
    {
        if (!IsStored)
            self.Store.Clear(NodeGroupStore.KeyPackages);
        else if (!TryRead(Stored))
            throw new InvalidOperationException("What was stored of KeyPackages does not load.");
    }

    /// <summary>Takes back what was saved; false if the bytes make no sense.</summary>
    internal bool TryLoad(byte[] saved)
    {
        if (!TryRead(saved))
            return false;
        WasStored(saved);
        return true;
    }

    private bool TryRead(ReadOnlySpan<byte> saved)
    {
        var reader = new FrameReader(saved);
        return reader.TryByte(out byte version) && version == Version
            && self.Store.TryLoad(NodeGroupStore.KeyPackages, ref reader) && reader.AtEnd;
    }
}

// version 1 = 2 | size 1, server | size 1, user | cursor 8 | lost 8
//   | nothing, or where the server has a domain: size 1, domain | early messages
//
/// <summary>An account, as messaging knows it: how far its inbox was read.</summary>
internal sealed class ServerAccount(string server, string user) : ConversationState(ServerIds.Account(server))
{
    private const byte Version = 2;

    /// <summary>The server.</summary>
    internal string Server { get; } = server;

    /// <summary>The own name there.</summary>
    internal string User { get; set; } = user;

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

    /// <inheritdoc/>
    public override byte[] Save()
    {
        var writer = new FrameWriter();
        writer.Byte(Version);
        WriteText(writer, Server);
        WriteText(writer, User);
        writer.UInt64(Cursor);
        writer.UInt64(Lost);
        if (Domain.Length > 0)
        {
            WriteText(writer, Domain);
            Early.Save(writer);
        }

        return writer.ToArray();
    }

    /// <inheritdoc/>
    public override void GoBack()
    {
        ServerAccount? before = IsStored ? Read(Stored) : null;
        (User, Cursor, Lost, Domain) =
            before is null ? (User, 0, 0, "") : (before.User, before.Cursor, before.Lost, before.Domain);
        Early.Clear();
        foreach (byte[] message in before?.Early.All ?? [])
            Early.Add(message);
    }

    /// <summary>Takes an account back as it was saved; null if the bytes make no sense.</summary>
    internal static ServerAccount? TryLoad(byte[] saved)
    {
        ServerAccount? account = Read(saved);
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

    private static ServerAccount? Read(ReadOnlySpan<byte> saved)
    {
        var reader = new FrameReader(saved);
        if (!reader.TryByte(out byte version) || version != Version || !TryReadText(ref reader, out string server)
            || !TryReadText(ref reader, out string user) || !reader.TryUInt64(out ulong cursor)
            || !reader.TryUInt64(out ulong lost))
            return null;
        var account = new ServerAccount(server, user) { Cursor = cursor, Lost = lost };
        if (reader.AtEnd)
            return account;
        if (!TryReadText(ref reader, out string domain) || !ServerNames.IsServer(domain)
            || !account.Early.TryLoad(ref reader) || !reader.AtEnd)
            return null;
        account.Domain = domain;
        return account;
    }
}
