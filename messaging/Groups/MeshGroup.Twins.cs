using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Twins;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>
/// Texts in their compact form, for members behind radios (docs/reference/groups.md, "Over radios"). One number names a
/// text in both forms, and whoever read one form gives up the key of the other.
/// </content>
internal sealed partial class MeshGroup
{
    /// <summary>Some state that is kept has a compact twin.</summary>
    internal bool HasTwins => !_twins.IsEmpty;

    /// <summary>Whether a payload may be the compact form of a text of this group.</summary>
    internal bool KnowsCompact(ReadOnlySpan<byte> payload) =>
        CompactForm.IsMarked(payload) && _twins.Knows(payload[1..]);

    /// <summary>This node is behind a radio, or is no more, and its leaf says something else.</summary>
    private bool HasOtherWish =>
        _mls.Tip.FindMember(_mls.Self) is { } own && CompactWish.IsIn(own.Leaf) != _self.AsksForCompact();

    private TextOutcome OpenCompact(
        Instant now, ReadOnlySpan<byte> payload, GroupOutput output, out ReceivedText? text)
    {
        text = null;
        TextOutcome outcome = _twins.Open(_mls, payload[1..], out OpenedText? opened);
        if (outcome != TextOutcome.Opened)
            return outcome;
        outcome = Take(now, opened!, output, out text);
        text = text is null ? null : text with { IsCompact = true };
        return outcome;
    }

    /// <summary>
    /// Adds the compact form of a text for those who get it so. Its number is used up in both forms in any case.
    /// </summary>
    private SealedText WithCompact(SealedText text, byte[] body, uint number)
    {
        StateId tip = _tree.Tip.Id;
        if (!_twins.Has(tip))
            return text;
        IReadOnlyCollection<NodeAddress> compactly = WhoGetsCompact(text.To);
        byte[]? message = compactly.Count == 0 ? null : _twins.Seal(_self, tip, _mls.Self, number, body);
        _twins.SpendOwn(tip, _mls.Self, number);
        return message is null
            ? text : text with { Compact = (byte[])[CompactForm.Mark, .. message], Compactly = compactly };
    }

    private HashSet<NodeAddress> WhoGetsCompact(IReadOnlyList<NodeAddress> to)
    {
        HashSet<NodeAddress> found = [];
        foreach (Member member in _mls.Members)
        {
            NodeAddress address = AddressCredential.AddressOf(member.Leaf);
            if (CompactWish.IsUnderstoodBy(member.Leaf) && to.Contains(address)
                && (CompactWish.IsIn(member.Leaf) || _self.IsOverRadio(address)))
                found.Add(address);
        }

        return found;
    }
}
