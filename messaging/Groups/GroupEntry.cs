using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>A group of this node: as it is, and as it was stored last.</summary>
/// <param name="self">This node.</param>
/// <param name="group">The group.</param>
/// <param name="now">The time of the work under way.</param>
internal sealed class GroupEntry(GroupSelf self, MeshGroup group, Func<Instant> now)
    : ConversationState(group.Id.Conversation)
{
    /// <summary>The group; another object where a Welcome or the store replaced it.</summary>
    internal MeshGroup Group
    {
        get => _group;
        set
        {
            if (_group != value)
                _group.Retire();
            (_group, _isReplaced) = (value, true);
        }
    }

    /// <summary>It is a pair, and no group of people.</summary>
    internal bool IsPair => Group.PairNumber is not null;

    /// <summary>The other member of a pair.</summary>
    internal NodeAddress Peer { get; init; }

    /// <summary>
    /// The other member of a pair stands in another founding of it: no text goes here until it joins anew.
    /// </summary>
    internal bool IsDisowned { get; set; }

    /// <summary>When this node founded the pair, in this run.</summary>
    internal Instant FoundedAt { get; set; }

    /// <summary>How often this node went over to another branch since it started.</summary>
    internal int Forks { get; set; }

    /// <summary>
    /// What may still be read of all its members together: bytes of frames, and <see cref="FramePrice"/> for each. A
    /// member has an eighth of it (<see cref="MemberSync.Reading"/>), so that one alone does not take it.
    /// </summary>
    internal Allowance Reading { get; } = new(MaxBytes, TimeSpan.FromMinutes(1));

    /// <summary>What a frame costs beside its bytes: a signature, in bytes.</summary>
    internal const int FramePrice = 1024;

    /// <summary>Bytes of frames of all members: at once, and in each minute. Arbitrary.</summary>
    private const int MaxBytes = 4 << 20;

    private HashSet<StateId> _ownCommits = [];
    private MeshGroup _group = group;

    /// <summary>The group is not the one that is on disk, or another format of it is there.</summary>
    private bool _isReplaced = true;

    /// <summary>
    /// Whether this node committed since this was asked last: the keys of that commit must not be used for another.
    /// </summary>
    internal bool HasCommitted()
    {
        HashSet<StateId> own = [.. Group.Nodes.Where(n => n.AuthorAddress == self.Address).Select(n => n.Id)];
        bool more = !own.IsSubsetOf(_ownCommits);
        _ownCommits = own;
        return more;
    }

    /// <inheritdoc/>
    protected override bool IsReplaced => _isReplaced;

    /// <inheritdoc/>
    public override byte[] Save() => Group.Save();

    /// <inheritdoc/>
    public override void GoBack()
    {
        Group = MeshGroup.Load(self, now(), Stored, Pieces)
            ?? throw new InvalidOperationException("What was stored of a group does not load.");
        _isReplaced = Group.IsOfOldFormat;
    }

    /// <summary>The group was read from the disk; takes the bytes over.</summary>
    internal void WasLoaded(byte[] saved, StatePieces pieces)
    {
        WasRead(saved, pieces);
        _isReplaced = Group.IsOfOldFormat;
    }

    /// <inheritdoc/>
    protected override bool SavePieces(bool withMain, bool all, Dictionary<string, byte[]?> changes) =>
        Group.SavePieces(now(), withMain, all, changes);

    /// <inheritdoc/>
    protected override void Replaced() => _isReplaced = false;
}
