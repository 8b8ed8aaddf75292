using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Groups;

namespace QuicProChat.Mesh.Mls.Storage;

/// <summary>An external commit that waits to be accepted, as three values.</summary>
internal static class JoinCodec
{
    private const string Commit = "commit";
    private const string Epoch = "epoch";
    private const string Keys = "keys";

    // version; int64 when it was made (ms); message<V>; signature key<V>; parent[32]
    internal static List<StoreChange> Write(ExternalJoin join)
    {
        string key = StoreKeys.Join(join.Epoch.Id);
        using MlsWriter writer = new(2048);
        writer.Byte(EpochCodec.FormatVersion);
        writer.UInt64((ulong)join.Made.ToUnixTimeMilliseconds());
        writer.Vector(join.Message);
        writer.Vector(join.Identity.PublicKey);
        (join.Epoch.Trace.Parent ?? default).Write(writer.Take(StateId.Size));
        return
        [
            new StoreChange(key + Commit, writer.ToArray()),
            new StoreChange(key + Epoch, EpochCodec.PublicPart(join.Epoch)),
            new StoreChange(key + Keys, EpochCodec.SecretPart(join.Epoch)),
        ];
    }

    internal static List<StoreChange> Deletion(IGroupStore store, StateId child) =>
        [.. store.Keys(StoreKeys.Join(child)).Select(k => new StoreChange(k, null))];

    /// <summary>The names of all joins in a store, each with the '/' behind it.</summary>
    internal static IEnumerable<string> All(IGroupStore store) =>
        store.Keys(StoreKeys.Joins).Where(k => k.EndsWith('/' + Commit, StringComparison.Ordinal))
            .Select(k => k[..^Commit.Length]);

    /// <summary>When a join was made.</summary>
    internal static DateTimeOffset MadeAt(IGroupStore store, string key)
    {
        MlsReader reader = new(store.Read(key + Commit) ?? throw Stored.Damaged());
        Stored.Require(reader.TryReadByte(out byte version) && version == EpochCodec.FormatVersion);
        Stored.Require(reader.TryReadUInt64(out ulong made));
        return Stored.Time(made);
    }

    internal static ExternalJoin Read(MlsClient client, string key)
    {
        MlsReader reader = new(client.Store.Read(key + Commit) ?? throw Stored.Damaged());
        Stored.Require(reader.TryReadByte(out byte version) && version == EpochCodec.FormatVersion);
        Stored.Require(reader.TryReadUInt64(out ulong made) & reader.TryReadVector(out ReadOnlyMemory<byte> message));
        Stored.Require(reader.TryReadVector(out ReadOnlyMemory<byte> signatureKey));
        Stored.Require(reader.TryReadBytes(StateId.Size, out ReadOnlySpan<byte> parent) && reader.AtEnd);
        EpochTrace trace = new() { Parent = new StateId(parent) };
        GroupEpoch epoch = EpochCodec.Read(client.Store.Read(key + Epoch), client.Store.Read(key + Keys), trace);
        trace.Author = epoch.Self;
        MlsIdentity identity = client.FindIdentity(epoch.Suite.Id, signatureKey.Span)
            ?? throw new InvalidOperationException("The identity of the external commit was not given to the client.");
        return new ExternalJoin(
            client, message.ToArray(), epoch, identity, Stored.Time(made));
    }
}
