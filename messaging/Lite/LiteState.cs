using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.MlsLite;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Lite;

// What the store keeps of a group, sealed there:
//
//  nameSize 1 | name as this node's owner calls it | LiteGroup.Save()

/// <summary>A group of this node: as it is, and as it was stored last.</summary>
internal sealed class LiteState : ConversationState
{
    private readonly LiteSelf _self;

    private LiteState(LiteSelf self, LiteGroup group, string name)
        : base(IdOf(group.Id))
    {
        _self = self;
        Group = group;
        Name = name;
    }

    internal LiteGroup Group { get; private set; }

    /// <summary>What this node's owner calls it.</summary>
    internal string Name { get; set; }

    internal static LiteState New(LiteSelf self, LiteGroup group, string name) => new(self, group, name);

    /// <summary>A group's id as a conversation's.</summary>
    internal static ConversationId IdOf(LiteGroupId id)
    {
        Span<byte> bytes = stackalloc byte[LiteGroupId.Size];
        id.Write(bytes);
        return new ConversationId(EnvelopeKind.MlsLite, bytes);
    }

    /// <summary>Reads what the store kept, and takes the bytes over; null if they are no group.</summary>
    internal static LiteState? TryLoad(LiteSelf self, byte[] stored)
    {
        if (!TryParse(self, stored, out LiteGroup? group, out string name))
            return null;
        var state = new LiteState(self, group, name);
        state.WasStored(stored);
        return state;
    }

    /// <inheritdoc/>
    public override byte[] Save()
    {
        byte[] name = Encoding.UTF8.GetBytes(Name);
        byte[] state = Group.Save();
        byte[] stored = [(byte)name.Length, .. name, .. state];
        CryptographicOperations.ZeroMemory(state);
        return stored;
    }

    /// <inheritdoc/>
    public override void GoBack()
    {
        if (!TryParse(_self, Stored, out LiteGroup? before, out string name))
            throw new InvalidOperationException("What was stored of a group does not load.");
        before.KeepSpent(Group);
        Group.Dispose();
        (Group, Name) = (before, name);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Group.Dispose();
    }

    private static bool TryParse(
        LiteSelf self, ReadOnlySpan<byte> stored, [NotNullWhen(true)] out LiteGroup? group, out string name)
    {
        (group, name) = (null, "");
        if (stored.IsEmpty || stored.Length < 1 + stored[0])
            return false;
        name = Encoding.UTF8.GetString(stored.Slice(1, stored[0]));
        return LiteGroup.TryLoad(self, stored[(1 + stored[0])..], out group);
    }
}
