using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     opaque joiner_secret<V>;
//     optional<PathSecret> path_secret;               struct { opaque path_secret<V>; }
//     PreSharedKeyID psks<V>;
// } GroupSecrets;                                     RFC 9420, section 12.4.3.1
internal sealed class GroupSecrets(
    ReadOnlyMemory<byte> joinerSecret, ReadOnlyMemory<byte>? pathSecret, PreSharedKeyId[] psks)
{
    internal ReadOnlyMemory<byte> JoinerSecret { get; } = joinerSecret;

    internal ReadOnlyMemory<byte>? PathSecret { get; } = pathSecret;

    internal PreSharedKeyId[] Psks { get; } = psks;

    internal static bool TryRead(ref MlsReader reader, out GroupSecrets secrets)
    {
        secrets = null!;
        if (!reader.TryReadVector(out ReadOnlyMemory<byte> joiner) || !reader.TryReadPresence(out bool present))
            return false;
        ReadOnlyMemory<byte>? path = null;
        if (present)
        {
            if (!reader.TryReadVector(out ReadOnlyMemory<byte> secret))
                return false;
            path = secret;
        }
        if (!reader.TryReadNested(out MlsReader list))
            return false;
        List<PreSharedKeyId> psks = [];
        while (!list.AtEnd)
        {
            if (!PreSharedKeyId.TryRead(ref list, out PreSharedKeyId psk))
                return false;
            psks.Add(psk);
        }
        secrets = new GroupSecrets(joiner, path, [.. psks]);
        return true;
    }

    internal void Write(MlsWriter writer)
    {
        writer.Vector(JoinerSecret);
        writer.Presence(PathSecret is not null);
        if (PathSecret is { } path)
            writer.Vector(path);
        int mark = writer.Begin();
        foreach (PreSharedKeyId psk in Psks)
            psk.Write(writer);
        writer.End(mark);
    }
}
