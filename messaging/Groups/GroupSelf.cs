using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>Who this node is in its MLS groups: its keys, the library's client, and where its values are.</summary>
internal sealed class GroupSelf : IStateFacts, IDisposable
{
    /// <summary>
    /// Epochs below the tip in which another commit can still be followed (docs/reference/groups.md).
    /// </summary>
    internal const int ForkEpochs = 8;

    /// <summary>Epochs of which late texts can be read. Texts are sealed again before a member is so far on.</summary>
    internal const int PastEpochs = 8;

    private readonly Dictionary<CipherSuite, MlsIdentity> _identities = [];
    private readonly Dictionary<MeshGroupId, MeshGroup> _groups = [];

    /// <summary>No group so far.</summary>
    /// <param name="identity">Who the node is.</param>
    /// <param name="random">Keys come from it.</param>
    /// <param name="time">The calendar.</param>
    /// <param name="timing">Terms.</param>
    /// <param name="room">Bytes that all groups together may take.</param>
    /// <param name="ageing">What old keys are deleted by; null: the calendar.</param>
    internal GroupSelf(
        LocalIdentity identity, RandomFill random, TimeProvider time, GroupTiming timing, long room = GroupRoom.Usual,
        TimeProvider? ageing = null)
    {
        Identity = identity;
        Room = new GroupRoom(room);
        Random = random;
        Time = time;
        Timing = timing;
        foreach (CipherSuite suite in Suites)
        {
            _identities[suite] = MlsIdentity.WithSigner(
                suite, identity.PublicKey.Span, AddressCredential.Of(identity.PublicKey.Span), Sign, isTrusted: true);
        }

        Client = new MlsClient(
            new MlsClientOptions
            {
                Validator = new AddressCredential(),
                Rules = new MembershipRules(this),
                Store = Store,
                Policy = Policy,
                Time = time,
                Ageing = ageing,
                Random = random,
                Supported = new Capabilities
                {
                    Extensions = [GroupContextExtension.Type, PairExtension.Type, CompactWish.Type],
                },
            },
            [.. _identities.Values]);
    }

    /// <summary>The suites of groups, the usual one first.</summary>
    internal static IReadOnlyList<CipherSuite> Suites => GroupSuites.All;

    /// <summary>
    /// Whether what is large stays away from a node for now, because the way to it crosses a radio. Asked for
    /// post-quantum groups alone.
    /// </summary>
    internal Func<NodeAddress, bool> IsBehindRadio { get; set; } = static _ => false;

    /// <summary>Whether the way to a node crosses a radio, as far as the metric tells.</summary>
    internal Func<NodeAddress, bool> IsOverRadio { get; set; } = static _ => false;

    /// <summary>Whether this node is behind a radio, and asks for texts in their compact form.</summary>
    internal Func<bool> AsksForCompact { get; set; } = static () => false;

    /// <summary>What this node's leaves say beyond MLS.</summary>
    internal ExtensionList LeafExtensions => AsksForCompact() ? CompactWish.Asking : ExtensionList.Empty;

    internal LocalIdentity Identity { get; }

    internal NodeAddress Address => Identity.Address;

    internal RandomFill Random { get; }

    /// <summary>The calendar, for the lifetimes of KeyPackages.</summary>
    internal TimeProvider Time { get; }

    internal GroupTiming Timing { get; }

    internal NodeGroupStore Store { get; } = new(notesChanges: true);

    internal MlsClient Client { get; }

    /// <summary>What all groups may take.</summary>
    internal GroupRoom Room { get; }

    /// <summary>Bytes of all groups: their values, the commits that they keep, and twins.</summary>
    internal long UsedRoom
    {
        get
        {
            long used = Store.Bytes;
            foreach (MeshGroup group in _groups.Values)
                used += group.CommitBytes + group.TwinBytes;
            return used;
        }
    }

    /// <summary>What members of all groups have told of their lines, in entries.</summary>
    internal int LineEntries
    {
        get
        {
            int entries = 0;
            foreach (MeshGroup group in _groups.Values)
                entries += group.LineEntries;
            return entries;
        }
    }

    /// <summary>
    /// Commits travel in the clear of MLS, inside frames that are sealed to one member: so their signatures prove to
    /// everybody who made two on one state. How long states take commits is settled by running time, and keys age by
    /// it too: no calendar is trusted with either.
    /// </summary>
    private static GroupPolicy Policy { get; } = new()
    {
        ForkEpochs = ForkEpochs,
        ForkLifetime = TimeSpan.MaxValue,
        PastEpochs = PastEpochs,
        PastEpochLifetime = TimeSpan.FromDays(3),
        // Texts take several ways, and one that stalls holds up what was sent first. Two may have 128 each under way.
        OutOfOrderWindow = 64,
        OutOfOrderTotal = 1024,
        MaxSideStates = 64,
        CommitHistory = 256,
        MaxInvitations = 0,
        EncryptHandshakes = false,
        IncomingHandshakes = HandshakeFormats.PublicOnly,
    };

    internal MlsIdentity IdentityFor(CipherSuite suite) => _identities[suite];

    internal void Add(MeshGroup group) => _groups[group.Id] = group;

    internal void Remove(MeshGroupId group) => _groups.Remove(group);

    /// <inheritdoc/>
    public bool TryFind(MeshGroupId group, StateId state, out OrderTable table, out uint author)
    {
        StateNode? node = _groups.TryGetValue(group, out MeshGroup? known) ? known.FindState(state) : null;
        table = node?.Table!;
        author = node?.Author ?? 0;
        return node is not null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (MlsIdentity identity in _identities.Values)
            identity.Dispose();
        Store.Clear("");
    }

    private int Sign(ReadOnlySpan<byte> message, Span<byte> signature)
    {
        Identity.Sign(message, signature[..Ed25519.SignatureSize]);
        return Ed25519.SignatureSize;
    }
}
