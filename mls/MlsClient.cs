using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Storage;

namespace QuicProChat.Mesh.Mls;

/// <summary>
/// One client of MLS (RFC 9420): its identities, its key packages and its groups. Not thread-safe; one owner calls it.
/// <code>
/// CreateKeyPackage ----------------------> (published) ---> Verify ---> Group.Commit
/// CreateGroup | Join(welcome) | JoinExternally ---> Group ---> Process, Commit, Encrypt ---> IGroupStore
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
    public MlsClient(MlsClientOptions options, params MlsIdentity[] identities)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(identities);
        Store = options.Store;
        _supported = options.Supported;
        Environment = new MlsEnvironment
        {
            Validator = options.Validator,
            Policy = options.Policy,
            Time = options.Time,
            Random = options.Random,
            Psks = options.Psks,
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
        _identities.Add(identity);
        _cipherSuites = With(_cipherSuites, (ushort)identity.CipherSuite);
    }

    /// <summary>Makes a key package, and keeps its private keys until it is used (section 10).</summary>
    /// <param name="identity">Who is to be added with it.</param>
    /// <param name="lifetime">How long it may be used, from now less the policy's clock skew.</param>
    /// <param name="lastResort">Whether it may be used more than once, when all others are gone (section 16.8).</param>
    /// <param name="leafExtensions">Extensions of the leaf node, such as application_id.</param>
    public KeyPackage CreateKeyPackage(
        MlsIdentity identity, TimeSpan lifetime, bool lastResort = false, ExtensionList? leafExtensions = null)
    {
        ArgumentNullException.ThrowIfNull(identity);
        Suite suite = Suite.Require(identity.CipherSuite);
        HpkeKeyPair init = suite.Kem.Generate(Environment.Random);
        HpkeKeyPair leafPair = suite.Kem.Generate(Environment.Random);
        Capabilities capabilities = CapabilitiesFor(identity);
        List<Extension> extensions = [];
        if (lastResort)
        {
            extensions.Add(new Extension(ExtensionType.LastResort, default));
            capabilities = With(capabilities, ExtensionType.LastResort);
        }
        (capabilities, leafExtensions) = Greased(capabilities, leafExtensions ?? ExtensionList.Empty);
        if (Environment.Policy.Grease)
            extensions.Add(leafExtensions[^1]);
        ulong now = Environment.UnixTime;
        LeafNode leaf = new LeafNodeContent(leafPair.PublicKey, identity.Credential, capabilities, leafExtensions)
            .SignForKeyPackage(identity.Signer, now - Math.Min(now, Environment.SkewSeconds), now + (ulong)lifetime.TotalSeconds);
        UnverifiedKeyPackage keyPackage = UnverifiedKeyPackage.Create(
            suite, init.PublicKey, leaf, new ExtensionList(extensions), identity.Signer);
        byte[] reference = suite.KeyPackageRef(keyPackage.Encoded.Span);
        using KeyPackageRecord record = new(keyPackage, init.PrivateKey, leafPair.PrivateKey, lastResort);
        byte[] bytes = record.ToBytes();
        Store.Write([new StoreChange(StoreKeys.KeyPackage(reference), bytes)]);
        Secrets.Zero(bytes);
        Secrets.Zero(leafPair.PrivateKey);
        return new KeyPackage(keyPackage, reference);
    }

    /// <summary>Deletes a key package of our own that is no longer offered.</summary>
    public void DeleteKeyPackage(ReadOnlySpan<byte> reference) =>
        Store.Write([new StoreChange(StoreKeys.KeyPackage(reference), null)]);

    /// <summary>Checks a key package of somebody else before it is used (section 10.1).</summary>
    public MlsResult<KeyPackage> Verify(UnverifiedKeyPackage keyPackage)
    {
        ArgumentNullException.ThrowIfNull(keyPackage);
        if (Suite.Find(keyPackage.CipherSuite) is not { } suite)
            return Errors.At(MlsErrorCode.UnsupportedCipherSuite, "10.1");
        MlsError error = new ProposalValidator(Environment, suite, null!, null!).CheckKeyPackage(keyPackage, sending: true);
        if (error.Failed)
            return error;
        return new KeyPackage(keyPackage, suite.KeyPackageRef(keyPackage.Encoded.Span));
    }

    /// <summary>Finds a group that this client takes part in, opening it from the store if need be; null if there is none.</summary>
    public Group? FindGroup(ReadOnlySpan<byte> groupId) => FindGroup((ReadOnlyMemory<byte>)groupId.ToArray());

    /// <summary>The ids of all groups in the store.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> StoredGroups()
    {
        List<ReadOnlyMemory<byte>> ids = [];
        foreach (string key in Store.Keys(StoreKeys.Groups))
        {
            if (key.EndsWith("/state", StringComparison.Ordinal) && Store.Read(key) is { } bytes && GroupState.GroupIdOf(bytes) is { } id)
                ids.Add(id);
        }
        return ids;
    }

    /// <summary>Deletes a group's state for good.</summary>
    public void Forget(Group group)
    {
        ArgumentNullException.ThrowIfNull(group);
        Store.Write([.. Store.Keys(group.StoreKey).Select(k => new StoreChange(k, null))]);
        _groups.Remove(group.GroupId);
        group.Wipe();
    }

    internal Group? FindGroup(ReadOnlyMemory<byte> groupId)
    {
        if (_groups.TryGetValue(groupId, out Group? open))
            return open;
        Group? stored = GroupState.Load(this, groupId.Span);
        if (stored is not null)
            _groups[stored.GroupId] = stored;
        return stored;
    }

    internal MlsIdentity? FindIdentity(ReadOnlySpan<byte> signatureKey)
    {
        foreach (MlsIdentity identity in _identities)
        {
            if (signatureKey.SequenceEqual(identity.PublicKey.Span))
                return identity;
        }
        return null;
    }

    internal Capabilities CapabilitiesFor(MlsIdentity identity) => new()
    {
        CipherSuites = With(_cipherSuites, (ushort)identity.CipherSuite),
        Extensions = _supported.Extensions,
        Proposals = _supported.Proposals,
        Credentials = With(_supported.Credentials, identity.Credential.Type),
    };

    /// <summary>Adds GREASE to what a leaf says of itself, if the policy wants it (section 13.5).</summary>
    internal (Capabilities Capabilities, ExtensionList Extensions) Greased(Capabilities capabilities, ExtensionList extensions)
    {
        if (!Environment.Policy.Grease)
            return (capabilities, extensions);
        Extension extension = Grease.Extension(Environment.Random);
        return (
            Grease.Add(capabilities, extension.Type, Environment.Random),
            new ExtensionList([.. extensions.Where(e => !Protocol.IsGrease(e.Type)), extension]));
    }

    private static IReadOnlyList<ushort> With(IReadOnlyList<ushort> values, ushort value)
    {
        for (int i = 0; i < values.Count; i++)
        {
            if (values[i] == value)
                return values;
        }
        return [.. values.Append(value).Order()];
    }

    private static Capabilities With(Capabilities capabilities, ushort extension) => new()
    {
        CipherSuites = capabilities.CipherSuites,
        Extensions = [.. capabilities.Extensions, extension],
        Proposals = capabilities.Proposals,
        Credentials = capabilities.Credentials,
    };
}
