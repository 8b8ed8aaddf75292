using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>
/// The proposals that wait for a commit in one state, and the private keys of own Updates among them.
/// </summary>
internal sealed class WaitingProposals : IDisposable
{
    private readonly Dictionary<ReadOnlyMemory<byte>, byte[]> _updateKeys = new(BytesComparer.Instance);

    internal List<StoredProposal> Items { get; } = [];

    internal IReadOnlyDictionary<ReadOnlyMemory<byte>, byte[]> UpdateKeys => _updateKeys;

    internal StoredProposal? Find(ReadOnlySpan<byte> reference)
    {
        foreach (StoredProposal item in Items)
        {
            if (item.Resolved.Reference.Span.SequenceEqual(reference))
                return item;
        }
        return null;
    }

    /// <summary>
    /// Whether one more fits; bounded for each sender too, so that one cannot keep out what the others propose.
    /// </summary>
    internal bool HasRoomFor(GroupPolicy policy, Sender sender, int size)
    {
        int own = 0;
        long bytes = size;
        foreach (StoredProposal stored in Items)
        {
            own += stored.Resolved.Sender == sender ? 1 : 0;
            bytes += stored.Content.Length;
        }
        return Items.Count < policy.MaxProposals && own < policy.MaxProposalsPerSender
            && bytes <= policy.MaxProposalBytes;
    }

    /// <summary>Keeps the leaf key of an own Update, taking the array over.</summary>
    internal void AddUpdateKey(ReadOnlyMemory<byte> reference, byte[] key) => _updateKeys[reference] = key;

    public void Dispose()
    {
        Items.Clear();
        foreach (byte[] key in _updateKeys.Values)
            Secrets.Zero(key);
        _updateKeys.Clear();
    }
}
