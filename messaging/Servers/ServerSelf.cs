using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <summary>
/// Who this node is in MLS groups on servers: its key, the library's client, and where its values are.
/// </summary>
internal sealed class ServerSelf : IDisposable
{
    private const CipherSuite Suite = CipherSuite.X25519Aes128GcmSha256Ed25519;

    // So that a server does not read from sizes what was written.
    private const int PaddedTo = 128;

    private readonly MlsIdentity _mls;

    internal ServerSelf(LocalIdentity identity, RandomFill random, TimeProvider time)
    {
        Identity = identity;
        Random = random;
        Time = time;
        _mls = MlsIdentity.WithSigner(Suite, identity.PublicKey.Span, Credential.Basic(identity.PublicKey.Span), Sign);
        Client = new MlsClient(
            new MlsClientOptions
            {
                Validator = new KeyCredential(),
                Rules = new ServerRules(),
                Store = Store,
                Policy = new GroupPolicy
                {
                    PastEpochs = 8,
                    PastEpochLifetime = TimeSpan.FromDays(30),
                    Padding = new PaddingPolicy(PaddedTo),
                    MaxInvitations = 0,
                    AllowDataBeforeCommit = true,
                },
                Time = time,
                Random = random,
                Supported = new Capabilities { Extensions = [ServerTerms.Type, ServerHome.Type, DeviceLeaf.Type] },
            },
            _mls);
    }

    internal LocalIdentity Identity { get; }

    internal RandomFill Random { get; }

    internal TimeProvider Time { get; }

    internal NodeGroupStore Store { get; } = new();

    internal MlsClient Client { get; }

    /// <summary>Founds a group of one, as a device of an account.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="terms">What its members agree on; null where it is with one user.</param>
    /// <param name="account">Whose device this node is, and where the inbox is.</param>
    internal Group Found(byte[] id, ServerTerms? terms, ServerAccount account) =>
        Client.CreateGroup(_mls, id, terms?.ToExtensions(), account.LeafExtensions).Value;

    /// <summary>Makes a KeyPackage, as a device of an account.</summary>
    internal KeyPackage MakeKeyPackage(TimeSpan lifetime, bool isLastResort, ServerAccount account) =>
        Client.CreateKeyPackage(_mls, lifetime, isLastResort, account.LeafExtensions);

    /// <summary>
    /// A group as the store has it; null if it has none. One that is open goes back to the store, and remembers which
    /// of its
    /// keys were used since.
    /// </summary>
    internal Group? Reopen(ReadOnlySpan<byte> id)
    {
        try
        {
            Group? open = Client.FindGroup(id);
            open?.Reload();
            return open is { Status: not GroupStatus.Removed } ? open : Client.FindGroup(id);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
        {
            // What is stored is damaged: the conversation begins anew.
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mls.Dispose();
        Store.Clear("");
    }

    private int Sign(ReadOnlySpan<byte> message, Span<byte> signature)
    {
        Identity.Sign(message, signature[..Ed25519.SignatureSize]);
        return Ed25519.SignatureSize;
    }
}
