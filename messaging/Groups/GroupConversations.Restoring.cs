using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Messaging.Groups.Ways;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>What survived the last run.</content>
public sealed partial class GroupConversations
{
    /// <inheritdoc/>
    public void Restore(Instant now, IReadOnlyList<SavedConversation> states)
    {
        _now = now;
        _expireAt = now;
        foreach (SavedConversation stored in states.OrderBy(s => s.Id.Size))
        {
            (ConversationId id, byte[] saved) = stored;
            if (id == GroupDesk.Place)
            {
                if (!_desk.TryLoad(new TimeSpan(now.Ticks), saved))
                    _context.Store.Damaged("The KeyPackages of this node are damaged: new ones are made.");
                continue;
            }

            if (id == PairDesk.Place)
            {
                if (!_pairDesk.TryLoad(saved))
                    _context.Store.Damaged("What was set for conversations with one node is damaged.");
                continue;
            }

            bool hasPieces = StatePieces.TryLoad(stored.Pieces, out StatePieces? pieces);
            if (id == GroupWays.Place)
            {
                if (!hasPieces || !_ways.TryLoad(saved, pieces!))
                    _context.Store.Damaged("What was kept of members on servers is damaged.");
                continue;
            }

            if (!hasPieces
                || MeshGroup.Load(_self, now, saved, pieces!) is not { } group || group.Id.Conversation != id)
            {
                _context.Store.Damaged($"The group {id} is damaged, or of another version of the program.");
                continue;
            }

            var state = new GroupEntry(_self, group, () => _now) { Peer = group.Peer };
            state.WasLoaded(saved, pieces!);
            if (state.IsPair && !RestorePair(state))
            {
                _context.Store.Damaged($"The pair {id} is not of this node.");
                continue;
            }

            Add(state);
        }

        Remember();

        foreach (WaitingEnvelope waiting in _context.Store.Waiting(Kind))
            _aside.Restore(now, waiting);
        _queue(new Step(this, (at, transaction) =>
        {
            // Whoever asks while this node is away finds a KeyPackage; and all learn that it is here again.
            OfferLastResort(transaction);
            foreach ((NodeAddress who, MeshGroupId group) in _desk.Invited)
                LookFor(at, who, group);
            foreach (GroupEntry state in _groups.Values.Where(static g => !g.IsPair))
            {
                foreach (NodeAddress member in state.Group.Table.Members)
                    Do(at, state, transaction, (g, o) => g.Reachable(at, member, o));
            }

            TouchDesk(transaction);
        }));
    }
}
