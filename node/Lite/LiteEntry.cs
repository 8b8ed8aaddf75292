using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.MlsLite;
using LiteGroupId = QuicProChat.Mesh.Store.LiteGroupId;

namespace QuicProChat.Mesh.Node.Lite;

// What the store keeps of a group, sealed there:
//
//  nameSize 1 | name as this node's owner calls it | LiteGroup.Save()

/// <summary>A group of this node: as it is, and as it was stored last.</summary>
internal sealed class LiteEntry : IDisposable
{
    private readonly LiteSelf _self;
    private byte[] _stored;

    private LiteEntry(LiteSelf self, LiteGroup group, string name, byte[] stored)
    {
        _self = self;
        Group = group;
        Name = name;
        _stored = stored;
        Id = IdOf(group.Id);
    }

    internal LiteGroupId Id { get; }

    internal LiteGroup Group { get; private set; }

    /// <summary>What this node's owner calls it.</summary>
    internal string Name { get; set; }

    /// <summary>It has been on disk.</summary>
    internal bool IsStored => _stored.Length > 0;

    internal static LiteEntry New(LiteSelf self, LiteGroup group, string name) => new(self, group, name, []);

    /// <summary>A group's id as the store has it.</summary>
    internal static LiteGroupId IdOf(MlsLite.LiteGroupId id) => new(id.Value);

    /// <summary>Reads what the store kept, and takes the bytes over; null if they are no group.</summary>
    internal static LiteEntry? TryLoad(LiteSelf self, byte[] stored) =>
        TryParse(self, stored, out LiteGroup? group, out string name) ? new LiteEntry(self, group, name, stored) : null;

    /// <summary>What the store is to keep. Secret.</summary>
    internal byte[] ToStored()
    {
        byte[] name = Encoding.UTF8.GetBytes(Name);
        byte[] state = Group.Save();
        byte[] stored = [(byte)name.Length, .. name, .. state];
        CryptographicOperations.ZeroMemory(state);
        return stored;
    }

    /// <summary>It is on disk now; takes the bytes over.</summary>
    internal void WasStored(byte[] stored)
    {
        CryptographicOperations.ZeroMemory(_stored);
        _stored = stored;
    }

    /// <summary>The write failed: back to what was stored, except that spent counters stay spent.</summary>
    internal void GoBack()
    {
        if (!TryParse(_self, _stored, out LiteGroup? before, out string name))
            throw new InvalidOperationException("What was stored of a group does not load.");
        before.KeepSpent(Group);
        Group.Dispose();
        (Group, Name) = (before, name);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_stored);
        Group.Dispose();
    }

    private static bool TryParse(
        LiteSelf self, ReadOnlySpan<byte> stored, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out LiteGroup? group, out string name)
    {
        (group, name) = (null, "");
        if (stored.IsEmpty || stored.Length < 1 + stored[0])
            return false;
        name = Encoding.UTF8.GetString(stored.Slice(1, stored[0]));
        return LiteGroup.TryLoad(self, stored[(1 + stored[0])..], out group);
    }
}
