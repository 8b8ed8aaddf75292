using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Storage;

namespace QuicProChat.Mesh.Mls;

// Key packages (10): one's own, and those of others.
public sealed partial class MlsClient
{
    /// <summary>Makes a key package, and keeps its private keys until it is used (section 10).</summary>
    /// <param name="identity">Who is to be added with it.</param>
    /// <param name="lifetime">How long it may be used, from now less the policy's clock skew.</param>
    /// <param name="lastResort">Whether it may be used more than once, when all others are gone (section 16.8).</param>
    /// <param name="leafExtensions">Extensions of the leaf node, such as application_id.</param>
    /// <exception cref="ArgumentException">Everybody would refuse it, for the reason that the exception
    /// tells.</exception>
    public KeyPackage CreateKeyPackage(
        MlsIdentity identity, TimeSpan lifetime, bool lastResort = false, ExtensionList? leafExtensions = null)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentOutOfRangeException.ThrowIfLessThan(lifetime, TimeSpan.Zero);
        Suite suite = Suite.Require(identity.CipherSuite);
        HpkeKeyPair init = suite.Kem.Generate(Environment.Random);
        HpkeKeyPair leafPair = suite.Kem.Generate(Environment.Random);
        Capabilities capabilities = CapabilitiesFor(identity);
        List<Extension> extensions = [];
        if (lastResort)
        {
            extensions.Add(new Extension(ExtensionType.LastResort, default));
            capabilities = OwnCapabilities.WithExtension(capabilities, ExtensionType.LastResort);
        }
        (capabilities, leafExtensions) = Greased(capabilities, leafExtensions ?? ExtensionList.Empty);
        if (Environment.Policy.Grease)
            extensions.Add(leafExtensions[^1]);
        ulong now = Environment.UnixTime;
        LeafNode leaf = new LeafNodeContent(leafPair.PublicKey, identity.Credential, capabilities, leafExtensions)
            .SignForKeyPackage(identity.Signer, now - Math.Min(now, Environment.SkewSeconds), now
                + (ulong)lifetime.TotalSeconds);
        UnverifiedKeyPackage keyPackage = UnverifiedKeyPackage.Create(
            suite, init.PublicKey, leaf, new ExtensionList(extensions), identity.Signer);
        MlsError error = new ProposalValidator(Environment, suite, null!, null!)
            .CheckOwnKeyPackage(keyPackage, identity.Signer);
        if (error.Failed)
            throw new ArgumentException($"Everybody would refuse the key package: {error}.");

        byte[] reference = suite.KeyPackageRef(keyPackage.Encoded.Span);
        using KeyPackageRecord record = new(keyPackage, init.PrivateKey, leafPair.PrivateKey, lastResort)
        {
            KeepUntil = Retention.Add(Retention.Add(Environment.Now, lifetime), Environment.Policy.KeyPackageGrace),
        };
        StoreChange change = new(StoreKeys.KeyPackage(reference), record.ToBytes());
        try
        {
            Store.Write([change]);
        }
        finally
        {
            GroupWriter.Zero([change]);
        }
        return new KeyPackage(keyPackage, reference);
    }

    /// <summary>The own key packages whose private keys are here.</summary>
    public IReadOnlyList<OwnKeyPackage> KeyPackages()
    {
        List<OwnKeyPackage> list = [];
        foreach (string key in Store.Keys(StoreKeys.KeyPackages))
        {
            using KeyPackageRecord? record = ReadKeyPackage(key);
            if (record is null || Suite.Find(record.KeyPackage.CipherSuite) is not { } suite)
                continue;
            KeyPackage keyPackage = new(record.KeyPackage, suite.KeyPackageRef(record.KeyPackage.Encoded.Span));
            list.Add(new OwnKeyPackage(keyPackage, record.LastResort, record.NotAfter));
        }
        return list;
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
        MlsError error = new ProposalValidator(Environment, suite, null!, null!)
            .CheckKeyPackage(keyPackage, sending: true);
        if (error.Failed)
            return error;
        return new KeyPackage(keyPackage, suite.KeyPackageRef(keyPackage.Encoded.Span));
    }

    /// <summary>An own key package by its reference; null if there is none. The caller disposes of it.</summary>
    internal KeyPackageRecord? FindKeyPackage(ReadOnlySpan<byte> reference) =>
        reference.Length > Hashing.MaxSize ? null : ReadKeyPackage(StoreKeys.KeyPackage(reference));

    private KeyPackageRecord? ReadKeyPackage(string key)
    {
        if (Store.Read(key) is not { } bytes)
            return null;
        KeyPackageRecord? record = KeyPackageRecord.Read(bytes);
        Secrets.Zero(bytes);
        return record;
    }

    private DateTimeOffset? ExpireKeyPackages()
    {
        DateTimeOffset now = Environment.Now;
        DateTimeOffset? due = null;
        List<StoreChange> changes = [];
        foreach (string key in Store.Keys(StoreKeys.KeyPackages))
        {
            using KeyPackageRecord? record = ReadKeyPackage(key);
            if (record is null)
                continue;
            if (record.KeepUntil is not { } end)
            {
                end = Retention.Add(Retention.Add(now, record.Lifetime), Environment.Policy.KeyPackageGrace);
                record.KeepUntil = end;
                changes.Add(new StoreChange(key, record.ToBytes()));
            }
            else if (end <= now)
            {
                changes.Add(new StoreChange(key, null));
                continue;
            }
            due = Earlier(due, end);
        }
        try
        {
            if (changes.Count > 0)
                Store.Write(changes);
        }
        finally
        {
            GroupWriter.Zero(changes);
        }
        return due;
    }
}
