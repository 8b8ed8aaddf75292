using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Storage;

namespace QuicProChat.Mesh.Mls;

/// <summary>
/// One client of MLS (RFC 9420): its identities, its key packages and its groups. Not thread-safe; one owner calls it.
/// <code>
/// CreateKeyPackage ----------------------> (published) ---> Verify ---> Group.Commit
/// CreateGroup | Open(welcome) -> Accept | JoinExternally -> Accept
///     ---> Group ---> Process, Commit, Encrypt ---> IGroupStore
/// </code>
/// </summary>
public sealed partial class MlsClient
{
    private readonly List<MlsIdentity> _identities = [];
    private readonly Dictionary<ReadOnlyMemory<byte>, Group> _groups = new(Tree.BytesComparer.Instance);
    private readonly Capabilities _supported;
    private IReadOnlyList<ushort> _cipherSuites = [];

    /// <summary>Makes a client. Groups in the store are opened when they are asked for.</summary>
    /// <param name="options">The client's environment.</param>
    /// <param name="identities">Who the client is; at least one for each cipher suite that it takes part in.</param>
    /// <exception cref="ArgumentOutOfRangeException">The policy holds a negative number or time.</exception>
    public MlsClient(MlsClientOptions options, params MlsIdentity[] identities)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(identities);
        options.Policy.Check();
        Store = options.Store;
        _supported = OwnCapabilities.Readable(options.Supported);
        Environment = new MlsEnvironment
        {
            Validator = options.Validator,
            Policy = options.Policy,
            Time = options.Time,
            Ageing = options.Ageing ?? options.Time,
            Random = options.Random,
            Psks = options.Psks,
            Rules = options.Rules,
        };
        foreach (MlsIdentity identity in identities)
            AddIdentity(identity);
    }

    internal MlsEnvironment Environment { get; }

    internal IGroupStore Store { get; }

    /// <summary>Adds an identity, for another cipher suite or to replace one.</summary>
    public void AddIdentity(MlsIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        if (FindIdentity(identity.CipherSuite, identity.PublicKey.Span) is not null)
            return;
        _identities.Add(identity);
        _cipherSuites = OwnCapabilities.With(_cipherSuites, (ushort)identity.CipherSuite);
    }

    /// <summary>
    /// Finds a group that this client takes part in, opening it from the store if need be; null if there is none.
    /// </summary>
    /// <exception cref="InvalidDataException">The stored state is damaged.</exception>
    /// <exception cref="InvalidOperationException">The client lacks the identity that the group was joined
    /// with.</exception>
    public Group? FindGroup(ReadOnlySpan<byte> groupId) => FindGroup((ReadOnlyMemory<byte>)groupId.ToArray());

    /// <summary>The ids of all groups in the store.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> StoredGroups()
    {
        List<ReadOnlyMemory<byte>> ids = [];
        foreach (string key in Store.Keys(StoreKeys.Groups))
        {
            if (key.EndsWith("/state", StringComparison.Ordinal) && Store.Read(key) is { } bytes
                && GroupCodec.GroupIdOf(bytes) is { } id)
            {
                ids.Add(id);
            }
        }
        return ids;
    }

    /// <summary>Deletes a group's state for good.</summary>
    public void Forget(Group group)
    {
        ArgumentNullException.ThrowIfNull(group);
        Store.Write([.. Store.Keys(group.StoreKey).Select(k => new StoreChange(k, null))]);
        Disown(group);
        group.End();
    }

    /// <summary>Forgets an object whose group is not in the store any more.</summary>
    internal void Disown(Group group)
    {
        if (_groups.TryGetValue(group.GroupId, out Group? open) && ReferenceEquals(open, group))
            _groups.Remove(group.GroupId);
    }

    /// <summary>
    /// Takes all open groups back to what the store holds: for an owner whose transaction around several calls failed.
    /// Generations of this member's own ratchets that were used stay used.
    /// </summary>
    public void Reload()
    {
        foreach (Group group in _groups.Values.ToArray())
            group.Reload();
    }

    /// <summary>
    /// Deletes what has had its time: past states of open groups, own key packages, external commits that nobody
    /// accepted. Groups do it too when they are opened and when they are used; an owner that idles calls this from a
    /// timer.
    /// </summary>
    /// <returns>When there will be something to delete next; null if nothing waits for that.</returns>
    public DateTimeOffset? Expire()
    {
        DateTimeOffset? due = null;
        foreach (Group group in _groups.Values.ToArray())
            due = Earlier(due, group.Expire());
        due = Earlier(due, ExpireKeyPackages());
        return Earlier(due, ExpireJoins());
    }

    internal Group? FindGroup(ReadOnlyMemory<byte> groupId)
    {
        if (_groups.TryGetValue(groupId, out Group? open))
            return open;
        if (GroupCodec.Load(this, groupId.Span) is not { } core)
            return null;
        Group stored = new(this, core);
        stored.Expire();
        _groups[stored.GroupId] = stored;
        return stored;
    }

    /// <summary>
    /// Opens a group that somebody else's input names. That it cannot be opened here, because it is damaged or its
    /// identity was not given to the client, must not be what that input can throw with.
    /// </summary>
    internal MlsError Open(ReadOnlyMemory<byte> groupId, out Group? group)
    {
        group = null;
        try
        {
            group = FindGroup(groupId);
            return MlsError.None;
        }
        catch (Exception e) when (e is InvalidOperationException or InvalidDataException)
        {
            return Errors.At(MlsErrorCode.InvalidState, "");
        }
    }

    /// <summary>The status of a group, which need not be opened for it; null if there is none.</summary>
    internal GroupStatus? StatusOf(ReadOnlyMemory<byte> groupId)
    {
        if (_groups.TryGetValue(groupId, out Group? open))
            return open.Status;
        return Store.Read(StoreKeys.State(StoreKeys.Group(groupId.Span))) is { } bytes
            ? GroupCodec.StatusOf(bytes) ?? GroupStatus.Active
            : null;
    }

    /// <summary>
    /// A copy of a resumption PSK of any group, which need not be opened for it; null if there is none.
    /// </summary>
    internal byte[]? FindResumption(PreSharedKeyId id)
    {
        if (_groups.TryGetValue(id.Id, out Group? open))
            return open.FindResumptionPsk(id.Epoch);
        return Store.Read(StoreKeys.State(StoreKeys.Group(id.Id.Span))) is { } bytes
            ? GroupCodec.ResumptionPskOf(bytes, id.Epoch)
            : null;
    }

    /// <summary>An identity by its suite and key: one key may sign in several suites.</summary>
    internal MlsIdentity? FindIdentity(CipherSuite suite, ReadOnlySpan<byte> signatureKey)
    {
        foreach (MlsIdentity identity in _identities)
        {
            if (identity.CipherSuite == suite && signatureKey.SequenceEqual(identity.PublicKey.Span))
                return identity;
        }
        return null;
    }

    internal Capabilities CapabilitiesFor(MlsIdentity identity) => new()
    {
        CipherSuites = OwnCapabilities.With(_cipherSuites, (ushort)identity.CipherSuite),
        Extensions = _supported.Extensions,
        Proposals = _supported.Proposals,
        Credentials = OwnCapabilities.With(_supported.Credentials, identity.Credential.Type),
    };

    /// <summary>
    /// Adds GREASE to what a leaf says of itself, if the policy wants it (section 13.5). What an earlier leaf had of it
    /// goes in any case, because the capabilities that named it go too.
    /// </summary>
    internal (Capabilities Capabilities, ExtensionList Extensions) Greased(
        Capabilities capabilities, ExtensionList extensions)
    {
        if (extensions.Any(e => Protocol.IsGrease(e.Type)))
            extensions = new ExtensionList(extensions.Where(e => !Protocol.IsGrease(e.Type)));
        if (!Environment.Policy.Grease)
            return (capabilities, extensions);
        Extension extension = Grease.Extension(Environment.Random);
        return (
            Grease.Add(capabilities, extension.Type, Environment.Random),
            new ExtensionList([.. extensions, extension]));
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b : a;
}
