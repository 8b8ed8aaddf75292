using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

/// <summary>A state as rows of a disk have it: its main value, and pieces by their numbers.</summary>
internal sealed class GroupDisk
{
    internal byte[] Main { get; set; } = [];

    internal Dictionary<int, byte[]> Pieces { get; init; } = [];

    /// <summary>Bytes that were written in all.</summary>
    internal long Written { get; private set; }

    /// <summary>All of a group, as if nothing of it had been written.</summary>
    internal static GroupDisk Of(GroupSelf self, MeshGroup group, Instant now)
    {
        var disk = new GroupDisk();
        using var entry = new GroupEntry(self, group, () => now);
        disk.Write(entry.Freeze(spent: false, withMain: true));
        return disk;
    }

    internal void Write(in MessageTransaction.FrozenState frozen)
    {
        if (frozen.IsFirst)
            Pieces.Clear();
        if (frozen.Bytes is not null)
            Main = [.. frozen.Bytes];
        Written += frozen.Bytes?.Length ?? 0;
        foreach ((_, int slot, byte[]? bytes) in frozen.Pieces)
        {
            Written += bytes?.Length ?? 0;
            if (bytes is null)
                Assert.True(Pieces.Remove(slot));
            else
                Pieces[slot] = [.. bytes];
        }
    }

    internal GroupDisk Copy() => new()
    {
        Main = [.. Main],
        Pieces = Pieces.ToDictionary(static p => p.Key, static p => (byte[])[.. p.Value]),
    };

    internal SavedConversation Saved(ConversationId id) =>
        new(id, [.. Main]) { Pieces = [.. Pieces.Select(static p => new SavedPiece(p.Key, [.. p.Value]))] };

    /// <summary>The group as a node finds it when it starts; null if it makes no sense to it.</summary>
    internal GroupEntry? Load(GroupSelf self, Func<Instant> now)
    {
        SavedConversation saved = Saved(default);
        if (!StatePieces.TryLoad(saved.Pieces, out StatePieces? pieces)
            || MeshGroup.Load(self, now(), saved.State, pieces) is not { } group)
            return null;
        var entry = new GroupEntry(self, group, now);
        entry.WasLoaded(saved.State, pieces);
        return entry;
    }
}
